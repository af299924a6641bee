/**
 * P1, bulk provisioning: N decisions are at the management side, how long until all objects of all tenants exist and were
 * read back. The clock of the controller starts when it is let go (SIGCONT): the Grants were written while it was stopped,
 * so their writing is not in it, and receiving, judging and mirroring them, status and reports are. The clock of the bound
 * starts at its first request. Both end when the same observer has read the last object from its watches.
 *
 * Run: `node bench/provision.ts --tenants 110 --runs 5 [--centres 4] [--record]`.
 */
import { everythingPlan, heldPaths, objectsPlan, verifyObjects } from './support/bound.ts';
import { type Captured, captureRequests } from './support/capture.ts';
import { type BenchCentre, startBenchCentre } from './support/centre.ts';
import { type Controller, startController } from './support/controller.ts';
import { type CpuSeconds, cpuBetween, cpuNow, waitQuiet } from './support/cpu.ts';
import { loadApply, observe } from './support/loader.ts';
import { readArgs, report, sizedName } from './support/record.ts';
import { interleave, median, spread } from './support/runs.ts';
import { freshNames, objectsPerTenant, writeGrants } from './support/tenants.ts';

const args = readArgs('provision', { tenants: 110, runs: 5 });
const flights = [8, 16, 32, 64, 128];

/** One run of one side over all centres. */
interface Run {
  readonly seconds: number;
  /** Until the last object. */
  readonly cpu: CpuSeconds;
}

interface Stage {
  readonly centres: readonly BenchCentre[];
  readonly controllers: readonly Controller[];
  readonly captured: readonly Captured[];
}

interface Fresh {
  readonly mark: string;
  readonly names: readonly string[];
}

async function main(): Promise<void> {
  const centres = await startAll();
  try {
    const captured = [];
    for (const centre of centres) captured.push(await captureRequests(centre));
    const controllers = await Promise.all(centres.map((centre) => startController(centre)));
    try {
      await measure({ centres, controllers, captured });
    } finally {
      await Promise.all(controllers.map((controller) => controller.stop()));
    }
  } finally {
    await Promise.all(centres.map((centre) => centre.stop()));
  }
}

async function startAll(): Promise<BenchCentre[]> {
  const centres: BenchCentre[] = [];
  for (let index = 0; index < args.centres; index += 1) centres.push(await startBenchCentre({ index }));
  return centres;
}

async function measure(stage: Stage): Promise<void> {
  await rest(stage);
  const best = await sweep(stage);
  const results = await interleave(args.runs, {
    controller: () => byController(stage),
    objects: () => byLoader(stage, best, 'objects'),
    everything: () => byLoader(stage, best, 'everything'),
  });
  show(stage, results, best);
}

/** The number of calls in flight with which the loader is fastest, by the best of two each. */
async function sweep(stage: Stage): Promise<number> {
  const least = new Map<number, number>();
  const runs = await interleave(
    2,
    Object.fromEntries(flights.map((flight) => [String(flight), () => byLoader(stage, flight, 'objects')])),
  );
  for (const flight of flights) least.set(flight, Math.min(...(runs[flight] ?? []).map((run) => run.seconds)));
  const [best] = [...least].sort((a, b) => a[1] - b[1])[0] ?? [64];
  const list = [...least].map(([flight, seconds]) => `${flight}: ${seconds.toFixed(2)} s`).join(', ');
  process.stdout.write(`in flight ${list}; best ${best}\n`);
  return best;
}

async function byController(stage: Stage): Promise<Run> {
  const fresh = freshNames(args.tenants);
  for (const controller of stage.controllers) controller.freeze();
  await Promise.all(stage.centres.map((centre) => writeGrants(centre, fresh.names)));
  await waitQuiet(stage.centres);
  return clocked(stage, fresh, async () => {
    const startNs = Date.now() * 1e6;
    for (const controller of stage.controllers) controller.thaw();
    return startNs;
  });
}

async function byLoader(stage: Stage, flight: number, what: 'objects' | 'everything'): Promise<Run> {
  const fresh = freshNames(args.tenants);
  for (const controller of stage.controllers) controller.freeze();
  const plans = await Promise.all(
    stage.centres.map(async (centre, index) => {
      const captured = stage.captured[index] as Captured;
      if (what === 'objects') return objectsPlan(captured, fresh.names);
      await writeGrants(centre, fresh.names);
      return everythingPlan(centre, captured, fresh.names);
    }),
  );
  await waitQuiet(stage.centres);
  return clocked(stage, fresh, async () => {
    const runs = stage.centres.map((centre, index) =>
      loadApply({ target: centre.siteTarget, plan: plans[index] ?? plans[0] ?? never(), flight }),
    );
    const done = await Promise.all(runs);
    loaderCpu = done.reduce((sum, result) => sum + result.cpuSeconds, 0);
    return Math.min(...done.map((result) => result.startNs));
  });
}

let loaderCpu = 0;

/** Starts the observers, lets `act` work, and reads clock and CPU when the last object was seen. */
async function clocked(stage: Stage, fresh: Fresh, act: () => Promise<number>): Promise<Run> {
  const observers = await Promise.all(
    stage.centres.map((centre) =>
      observe({
        target: centre.adminTarget,
        paths: heldPaths,
        mark: fresh.mark,
        expect: fresh.names.length * objectsPerTenant,
        timeoutSeconds: 600,
      }),
    ),
  );
  loaderCpu = 0;
  const before = cpuNow(stage.centres, stage.controllers);
  const startNs = await act();
  const seen = await Promise.all(observers.map((observer) => observer.done));
  const cpu = { ...cpuBetween(before, cpuNow(stage.centres, stage.controllers)), loader: loaderCpu };
  await rest(stage);
  for (const [index, centre] of stage.centres.entries()) {
    await verifyObjects(centre, stage.captured[index] ?? never(), fresh.names);
  }
  return { seconds: (Math.max(...seen.map((result) => result.lastNs)) - startNs) / 1e9, cpu };
}

/** Lets the controllers see what happened meanwhile and waits until nothing is left to do. */
async function rest(stage: Stage): Promise<void> {
  for (const controller of stage.controllers) controller.thaw();
  await waitQuiet(stage.centres, stage.controllers);
  await Promise.all(stage.controllers.map((controller) => controller.settled(0)));
}

function show(stage: Stage, results: Readonly<Record<string, readonly Run[]>>, best: number): void {
  const secondsOf = (side: string): number[] => (results[side] ?? []).map((run) => run.seconds);
  const cpuOf = (side: string, name: string): string =>
    median((results[side] ?? []).map((run) => run.cpu[name] ?? 0)).toFixed(2);
  const names = {
    controller: 'site controller',
    objects: 'bound: the objects alone',
    everything: 'bound: all that the controller writes',
  };
  const total = args.tenants * objectsPerTenant * stage.centres.length;
  const ratio = (side: string): string =>
    spread(secondsOf('controller').map((seconds, round) => seconds / (secondsOf(side)[round] ?? Number.NaN)));
  const rows = Object.entries(names).map(([side, name]) => [
    name,
    args.tenants,
    stage.centres.length,
    spread(secondsOf(side)),
    Math.round(total / median(secondsOf(side))),
    side === 'controller' ? '' : ratio(side),
    cpuOf(side, side === 'controller' ? 'controller' : 'loader'),
    cpuOf(side, 'kube-apiserver'),
    cpuOf(side, 'etcd'),
    cpuOf(side, 'kube-controller-manager'),
  ]);
  report(
    resultName(stage.centres.length),
    {
      title: 'P1 Bulk provisioning: N decisions until all objects exist and were read back',
      columns: [
        'Side',
        'Tenants',
        'Centres',
        'Seconds',
        'Objects/s',
        'Controller / this',
        'CPU s client',
        'API server',
        'etcd',
        'controller manager',
      ],
      rows,
      notes: [
        `${args.runs} interleaved runs, median (range); ${objectsPerTenant} objects per tenant; loader ${best} in flight, best of ${flights.join(', ')}`,
        `etcd with fsync; kube-controller-manager --kube-api-qps=500 --kube-api-burst=1000`,
        `requests per tenant: ${JSON.stringify(stage.captured[0]?.requestsPerTenant)}`,
      ],
    },
    args,
  );
}

/** The everyday size has the plain name; others carry what differs. Pure. */
function resultName(centres: number): string {
  return `${sizedName('provision', args.tenants, 110)}${centres === 1 ? '' : `-${centres}`}`;
}

function never(): never {
  throw new Error('unreachable');
}

await main();
