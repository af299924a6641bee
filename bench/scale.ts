/**
 * P2, P4 and P5 on one centre that grows, because filling it takes longest: one tenant at 100 and at 10,000, memory at 0,
 * 1,000 and 10,000, cold start at 1,000 and 10,000. Each measure is reported as its own bench does.
 *
 * Run: `node bench/scale.ts [--sizes 100,1000,10000] [--record]`; latency is taken at the first and the last size, cold
 * start at all but the first, memory at 0 and at all.
 */
import { parseArgs } from 'node:util';
import { type Latency, measureLatency, reportLatency } from './latency.ts';
import { type Memory, measureMemory, reportMemory } from './memory.ts';
import { type ColdStart, measureStart, reportStart } from './start.ts';
import { fillCentre } from './support/bound.ts';
import { captureRequests } from './support/capture.ts';
import { startBenchCentre } from './support/centre.ts';
import { countTenants, freshNames } from './support/tenants.ts';

const samples = 60;
const startRuns = 5;
const memoryRuns = 3;

const { values: args } = parseArgs({
  options: { sizes: { type: 'string', default: '100,1000,10000' }, record: { type: 'boolean', default: false } },
});
const sizes = args.sizes.split(',').map(Number);

async function main(): Promise<void> {
  const centre = await startBenchCentre();
  const latencies: Latency[] = [];
  const memories: Memory[] = [];
  const starts: ColdStart[] = [];
  try {
    memories.push(await measureMemory(centre, memoryRuns, false), await measureMemory(centre, memoryRuns));
    const captured = await captureRequests(centre);
    for (const size of sizes) {
      const before = Date.now();
      const { grants } = await countTenants(centre);
      await fillCentre(centre, captured, freshNames(Math.max(0, size - grants)).names);
      process.stdout.write(`${size} tenants after ${Math.round((Date.now() - before) / 1000)} s\n`);
      memories.push(await measureMemory(centre, memoryRuns));
      if (size !== sizes[0]) starts.push(await measureStart(centre, startRuns));
      if (size === sizes[0] || size === sizes.at(-1))
        latencies.push(await measureLatency(centre, captured, { size, samples }));
    }
  } finally {
    await centre.stop();
    const options = { record: args.record, command: `node bench/scale.ts --sizes ${args.sizes}` };
    if (latencies.length > 0) reportLatency(latencies, options);
    if (memories.length > 1) reportMemory(memories, options);
    if (starts.length > 0) reportStart(starts, options);
  }
}

await main();
