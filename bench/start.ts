/**
 * P5, cold start with N tenants: from the start of the process until every cache is full and every Grant was checked
 * against them, and nothing is due. The bound lists the same collections with the same selectors and pages over one
 * connection: `drain` reads bytes only, `generic` decodes into maps, `slim` into a struct of what a cache needs. The goal is
 * against the quicker of the two that decode. The clock includes the start of Node and of the program.
 *
 * Run: `node bench/start.ts [--tenants 1000] [--runs 5] [--record]`.
 */
import { controllers } from '../core/access/objects.ts';
import { pathOf, resources } from '../kube/resource.ts';
import { fillCentre, grantedPath, heldPaths, mirrorPath } from './support/bound.ts';
import { captureRequests } from './support/capture.ts';
import { type BenchCentre, startBenchCentre } from './support/centre.ts';
import { type Controller, isBusy, runsOf, startController } from './support/controller.ts';
import { cpuOf, waitQuiet } from './support/cpu.ts';
import { loadList } from './support/loader.ts';
import { readArgs, report } from './support/record.ts';
import { interleave, median, spread } from './support/runs.ts';
import { countTenants, freshNames } from './support/tenants.ts';

const paths = [...heldPaths, mirrorPath, grantedPath, pathOf(resources.department)];

/** One run of one side. */
interface Run {
  readonly seconds: number;
  readonly clientCpu: number;
  readonly serverCpu: number;
  readonly runs?: number;
}

/** What one size took, by side. */
export interface ColdStart {
  readonly tenants: number;
  readonly results: Readonly<Record<string, readonly Run[]>>;
}

async function main(): Promise<void> {
  const args = readArgs('start', { tenants: 1_000, runs: 5 });
  const centre = await startBenchCentre();
  try {
    const captured = await captureRequests(centre);
    await fillCentre(centre, captured, freshNames(args.tenants).names);
    reportStart([await measureStart(centre, args.runs)], args);
  } finally {
    await centre.stop();
  }
}

/** Takes the four sides by turns, `runs` times, at a centre as it is. */
export async function measureStart(centre: BenchCentre, runs: number): Promise<ColdStart> {
  const { grants } = await countTenants(centre);
  // The first start fills the compile cache.
  await (await startController(centre)).stop();
  await waitQuiet([centre]);
  const results = await interleave<Run>(runs, {
    [controllers.site]: () => byController(centre, grants),
    slim: () => byLoader(centre, 'slim'),
    generic: () => byLoader(centre, 'generic'),
    drain: () => byLoader(centre, 'drain'),
  });
  return { tenants: grants, results };
}

async function byLoader(centre: BenchCentre, decode: 'slim' | 'generic' | 'drain'): Promise<Run> {
  await waitQuiet([centre]);
  const before = serverCpu(centre);
  const { startNs, endNs, cpuSeconds } = await loadList({ target: centre.adminTarget, paths, limit: 500, decode });
  return { seconds: (endNs - startNs) / 1e9, clientCpu: cpuSeconds, serverCpu: serverCpu(centre) - before };
}

async function byController(centre: BenchCentre, tenants: number): Promise<Run> {
  await waitQuiet([centre]);
  const before = serverCpu(centre);
  const controller = await startController(centre, { wait: false });
  try {
    const { atMs, runs, clientCpu } = await lastRun(controller, tenants);
    const seconds = atMs / 1000 - controller.startedNs / 1e9;
    return { seconds, clientCpu, serverCpu: serverCpu(centre) - before, runs };
  } finally {
    await controller.stop();
  }
}

/**
 * The first look at which the last run of a Grant had ended; it is the last when two seconds bring no other. A look costs the
 * controller some milliseconds, so with many tenants there are fewer of them.
 */
async function lastRun(
  controller: Controller,
  tenants: number,
): Promise<{ atMs: number; runs: number; clientCpu: number }> {
  let found = { atMs: 0, runs: -1, clientCpu: 0 };
  const deadline = Date.now() + 600_000;
  const everyMs = Math.max(50, tenants / 50);
  while (Date.now() < deadline) {
    const values = await controller.metrics().catch(() => undefined);
    const atMs = Date.now();
    const runs = values === undefined ? -1 : runsOf(values);
    const busy = values === undefined || isBusy(values);
    if (runs !== found.runs) found = { atMs, runs, clientCpu: cpuOf(controller.pid) };
    else if (runs >= tenants && !busy && atMs - found.atMs > 2_000) return found;
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
  throw new Error(`${found.runs} runs in ten minutes`);
}

function serverCpu({ pids }: BenchCentre): number {
  return cpuOf(pids['kube-apiserver'] ?? 0) + cpuOf(pids['etcd'] ?? 0);
}

/** Shows a row per size and side. */
export function reportStart(
  measured: readonly ColdStart[],
  options: { readonly record: boolean; readonly command: string },
): void {
  const rows = measured.flatMap(({ tenants, results }) => {
    const seconds = (side: string): number[] => (results[side] ?? []).map((run) => run.seconds);
    return Object.entries(results).map(([side, runs]) => {
      const ratios = seconds(controllers.site).map((own, round) => own / (seconds(side)[round] ?? Number.NaN));
      return [
        side === controllers.site ? 'site controller' : `bound: ${side}`,
        tenants,
        spread(seconds(side)),
        side === controllers.site ? '' : spread(ratios),
        median(runs.map((run) => run.clientCpu)).toFixed(2),
        median(runs.map((run) => run.serverCpu)).toFixed(2),
      ];
    });
  });
  const own = measured.map(({ results }) => (results[controllers.site] ?? []).map((run) => run.runs ?? 0).join(', '));
  report(
    'start',
    {
      title: 'P5 Cold start: from process start until all caches are full and every Grant was checked',
      columns: ['Side', 'Tenants', 'Seconds', 'Controller / this', 'CPU s client', 'CPU s API server and etcd'],
      rows,
      notes: [`interleaved runs, median (range); runs of Grants until settled: ${own.join('; ')}`],
    },
    options,
  );
}

if (import.meta.main) await main();
