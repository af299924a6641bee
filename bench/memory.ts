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
import { countTenants, freshNames } from './support/tenants.ts';

const mib = 1024 * 1024;

/** Resident set and heap in MiB, one value per fresh process. */
export interface Memory {
  /** Namespaces of tenants. */
  readonly size: number;
  /** With Node's compile cache; its first start fills the cache and does not count. */
  readonly compileCache: boolean;
  readonly resident: readonly number[];
  readonly heap: readonly number[];
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      sizes: { type: 'string', default: '0,1000' },
      runs: { type: 'string', default: '3' },
      record: { type: 'boolean', default: false },
    },
  });
  const centre = await startBenchCentre();
  const measured: Memory[] = [];
  try {
    const captured = await captureRequests(centre);
    let filled = 0;
    for (const size of values.sizes.split(',').map(Number)) {
      await fillCentre(centre, captured, freshNames(size - filled).names);
      filled = size;
      measured.push(await measureMemory(centre, Number(values.runs)));
    }
  } finally {
    await centre.stop();
  }
  const command = `node bench/memory.ts --sizes ${values.sizes} --runs ${values.runs}`;
  reportMemory(measured, { record: values.record, command });
}

/** Starts the controller `runs` times at a centre as it is, and collects its garbage once it has settled. */
export async function measureMemory(centre: BenchCentre, runs: number, compileCache = true): Promise<Memory> {
  const { grants, namespaces } = await countTenants(centre);
  const resident: number[] = [];
  const heap: number[] = [];
  if (compileCache) await (await startController(centre, { gc: true, compileCache })).stop();
  for (let run = 0; run < runs; run += 1) {
    const controller = await startController(centre, { gc: true, compileCache });
    try {
      await controller.settled(grants);
      const left = await controller.collect();
      resident.push(left.residentBytes / mib);
      heap.push(left.heapUsedBytes / mib);
    } finally {
      await controller.stop();
    }
  }
  return { size: namespaces, compileCache, resident, heap };
}

/** Shows a row per size and the slopes of the line from the first to the last. */
export function reportMemory(
  measured: readonly Memory[],
  options: { readonly record: boolean; readonly command: string },
): void {
  const usual = measured.filter(({ compileCache }) => compileCache);
  const first = usual[0];
  const last = usual.at(-1);
  const slope = (of: (one: Memory) => readonly number[]): number => {
    if (first === undefined || last === undefined || first === last) return Number.NaN;
    return ((median(of(last)) - median(of(first))) * 1024) / (last.size - first.size);
  };
  const rows = measured.map(({ size, compileCache, resident, heap }) => [
    `${size}${compileCache ? '' : ', no compile cache'}`,
    spread(resident, 1),
    spread(heap, 1),
    '',
    '',
  ]);
  const perResident = rounded(slope((one) => one.resident));
  const perHeap = rounded(slope((one) => one.heap));
  rows.push(['slope', '', '', String(perResident), String(perHeap)]);
  report(
    'memory',
    {
      title: 'P4 Memory of the site controller after garbage collection',
      columns: ['Namespaces', 'Resident MiB', 'Heap MiB', 'Resident KiB per namespace', 'Heap KiB per namespace'],
      rows,
      notes: [`${first?.resident.length} fresh processes per size, median (range)`],
    },
    options,
  );
}

if (import.meta.main) await main();
