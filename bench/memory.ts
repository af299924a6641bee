/**
 * P4, memory of the site controller: resident set after a forced garbage collection, with N tenants of one namespace each
 * and nothing to do. The process is the real one, started with `--expose-gc` and a hook that collects on SIGUSR2
 * (bench/support/collect.ts). The slope is that of the line from the smallest to the largest size.
 *
 * Run: `node bench/memory.ts [--sizes 0,1000,10000] [--runs 3] [--record]`.
 */
import { parseArgs } from 'node:util';
import { fillCentre } from './support/bound.ts';
import { captureRequests } from './support/capture.ts';
import { type BenchCentre, startBenchCentre } from './support/centre.ts';
import { startController } from './support/controller.ts';
import { report } from './support/record.ts';
import { median, rounded, spread } from './support/runs.ts';
import { freshNames } from './support/tenants.ts';

const { values: args } = parseArgs({
  options: {
    sizes: { type: 'string', default: '0,1000' },
    runs: { type: 'string', default: '3' },
    record: { type: 'boolean', default: false },
  },
});
const sizes = args.sizes.split(',').map(Number);
const runs = Number(args.runs);
const mib = 1024 * 1024;

interface Measured {
  readonly size: number;
  readonly resident: readonly number[];
  readonly heap: readonly number[];
}

async function main(): Promise<void> {
  const centre = await startBenchCentre();
  const measured: Measured[] = [];
  try {
    const captured = await captureRequests(centre);
    let filled = 0;
    for (const size of sizes) {
      if (size > filled) await fillCentre(centre, captured, freshNames(size - filled).names);
      filled = Math.max(filled, size);
      measured.push(await measureSize(centre, size));
    }
  } finally {
    await centre.stop();
  }
  show(measured);
}

async function measureSize(centre: BenchCentre, size: number): Promise<Measured> {
  const resident: number[] = [];
  const heap: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    const controller = await startController(centre, { gc: true });
    try {
      await controller.settled(size);
      const left = await controller.collect();
      resident.push(left.residentBytes / mib);
      heap.push(left.heapUsedBytes / mib);
    } finally {
      await controller.stop();
    }
  }
  return { size, resident, heap };
}

function show(measured: readonly Measured[]): void {
  const first = measured[0];
  const last = measured.at(-1);
  const slope = (of: (one: Measured) => readonly number[]): number => {
    if (first === undefined || last === undefined || first === last) return Number.NaN;
    return ((median(of(last)) - median(of(first))) * 1024) / (last.size - first.size);
  };
  const rows = measured.map(({ size, resident, heap }) => [size, spread(resident, 1), spread(heap, 1), '', '']);
  const perResident = rounded(slope((one) => one.resident));
  const perHeap = rounded(slope((one) => one.heap));
  rows.push(['slope', '', '', String(perResident), String(perHeap)]);
  report(
    'memory',
    {
      title: 'P4 Memory of the site controller after garbage collection',
      columns: ['Tenants', 'Resident MiB', 'Heap MiB', 'Resident KiB per namespace', 'Heap KiB per namespace'],
      rows,
      notes: [`${runs} fresh processes per size, median (range)`],
    },
    { record: args.record, command: `node bench/memory.ts --sizes ${args.sizes} --runs ${runs}` },
  );
}

await main();
