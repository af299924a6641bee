import { heldSelector } from '../controller/site/held.ts';
import { desiredEnvironment } from '../core/desired/index.ts';
import type { Cloud } from '../core/model/cloud.ts';
import { environmentNamespace, managers, namespaces } from '../core/model/names.ts';
import { cloudConfigMap } from '../stacks/platform.ts';
import { auditedBetween, isOurs, isWrite } from './support/audit.ts';
import { type BenchCentre, benchCloud, benchDepartment, startBenchCentre } from './support/centre.ts';
import { type Controller, startController } from './support/controller.ts';
import { type CpuSeconds, cpuBetween, cpuNow, waitQuiet } from './support/cpu.ts';
import { loadApply, observe } from './support/loader.ts';
import { applyType, type Plan } from './support/plan.ts';
import { readArgs, report, sizedName } from './support/record.ts';
import { interleave, median, spread } from './support/runs.ts';
import { freshNames, grantSpecOf, standIn, writeGrants } from './support/tenants.ts';

/**
 * P7: one change of the platform's policy that touches one object of each tenant, at four centres at once: the list of
 * registries, which every tenant's Namespace carries. Ours: the ConfigMap of the platform is changed at all centres, as `up`
 * does; clock from before the first of these writes. Bound: the loader applies exactly these Namespaces at all centres in
 * parallel, with the controllers stopped. Both clocks end when the last Namespace of the slowest centre was read back.
 *
 * Run: `node bench/fanout.ts [--tenants 250] [--runs 5] [--record]`; `--tenants` is per centre. Goals: 1.1 times the bound, one
 * write per object, none for a change that touches nothing, nothing added by a dead centre.
 */
interface Stage {
  readonly centres: readonly BenchCentre[];
  readonly controllers: readonly Controller[];
  readonly tenants: readonly string[];
  readonly mark: string;
}

interface Run {
  readonly seconds: number;
  readonly cpu: CpuSeconds;
  /** Writes of the controllers. */
  readonly writes: number;
}

const args = readArgs('fanout', { tenants: 250, runs: 5 });
const centreCount = 4;
const flights = [8, 16, 32, 64, 128];

async function main(): Promise<void> {
  const centres: BenchCentre[] = [];
  const controllers: Controller[] = [];
  try {
    for (let index = 0; index < centreCount; index += 1) centres.push(await startBenchCentre({ index }));
    const profileDir = process.env['BENCH_PROFILE'];
    const options = profileDir === undefined ? {} : { profileDir };
    for (const centre of centres) controllers.push(await startController(centre, options));
    const { names: tenants, mark } = freshNames(args.tenants);
    await Promise.all(centres.map((centre) => writeGrants(centre, tenants)));
    await Promise.all(controllers.map((controller) => controller.settled(args.tenants)));
    await measure({ centres, controllers, tenants, mark });
  } finally {
    await Promise.all(controllers.map((controller) => controller.stop()));
    await Promise.all(centres.map((centre) => centre.stop()));
  }
}

async function measure(stage: Stage): Promise<void> {
  const swept: [number, number][] = [];
  for (const flight of flights) swept.push([flight, (await byLoader(stage, flight)).seconds]);
  const best = swept.toSorted((a, b) => a[1] - b[1])[0]?.[0] ?? 64;
  process.stdout.write(`in flight ${swept.map(([flight, s]) => `${flight}: ${s.toFixed(2)} s`).join(', ')}\n`);
  const all = await interleave<Run>(args.runs, {
    raw: () => byLoader(stage, best),
    ours: () => byControllers(stage),
  });
  const noop = await interleave<Run>(args.runs, { noop: () => unchanged(stage) });
  const others: Stage = {
    ...stage,
    centres: stage.centres.slice(0, -1),
    controllers: stage.controllers.slice(0, -1),
  };
  const dead = await interleave<Run>(args.runs, {
    alive: () => byControllers(others),
    dead: () => withoutLast(stage, () => byControllers(others)),
  });
  show({ ...all, ...noop, ...dead }, best);
}

let changes = 0;

/** The next list of registries, which no tenant has yet; all of one length. */
function nextCloud(): Cloud {
  changes += 1;
  return benchCloud({ registries: [`registry${String(changes).padStart(4, '0')}.testcity.example`] });
}

async function setCloud({ admin }: BenchCentre, cloud: Cloud): Promise<void> {
  const object = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: cloudConfigMap, namespace: namespaces.system },
    data: { 'cloud.json': JSON.stringify(cloud) },
  };
  await admin.apply(object, { fieldManager: 'bench-cloud', force: true });
}

async function byControllers(stage: Stage): Promise<Run> {
  await rest(stage);
  const cloud = nextCloud();
  return clocked(stage, async () => {
    const startNs = Date.now() * 1e6;
    await Promise.all(stage.centres.map((centre) => setCloud(centre, cloud)));
    return startNs;
  });
}

/** The controllers stand still meanwhile; when they go on, everything is as their new configuration says. */
async function byLoader(stage: Stage, flight: number): Promise<Run> {
  await rest(stage);
  const cloud = nextCloud();
  const plan = namespacePlan(cloud, stage.tenants);
  for (const controller of stage.controllers) controller.freeze();
  try {
    return await clocked(stage, async () => {
      const runs = stage.centres.map((centre) => loadApply({ target: centre.siteTarget, plan, flight }));
      return Math.min(...(await Promise.all(runs)).map(({ startNs }) => startNs));
    });
  } finally {
    await Promise.all(stage.centres.map((centre) => setCloud(centre, cloud)));
    for (const controller of stage.controllers) controller.thaw();
  }
}

function namespacePlan(cloud: Cloud, names: readonly string[]): Plan {
  const grant = grantSpecOf(standIn);
  const [environment] = grant.environments;
  if (environment === undefined) throw new Error('the tenant of the bench has an environment');
  const [[namespace] = []] = desiredEnvironment({ grant, environment, mode: 'open', cloud }).steps;
  const name = environmentNamespace(benchDepartment.name, standIn, environment.name);
  const path = `/api/v1/namespaces/${name}?fieldManager=${managers.site}&force=true`;
  return { waves: [[{ method: 'PATCH', path, type: applyType, body: JSON.stringify(namespace) }]], standIn, names };
}

async function clocked(stage: Stage, act: () => Promise<number>): Promise<Run> {
  const paths = [`/api/v1/namespaces?labelSelector=${encodeURIComponent(heldSelector)}`];
  const observers = await Promise.all(
    stage.centres.map((centre) =>
      observe({
        target: centre.adminTarget,
        paths,
        mark: stage.mark,
        expect: stage.tenants.length,
        timeoutSeconds: 300,
        type: 'MODIFIED',
      }),
    ),
  );
  const fromMs = Date.now();
  const before = cpuNow(stage.centres, stage.controllers);
  const startNs = await act();
  const seen = await Promise.all(observers.map(({ done }) => done));
  const cpu = cpuBetween(before, cpuNow(stage.centres, stage.controllers));
  const writes = await writesSince(stage, fromMs);
  return { seconds: (Math.max(...seen.map(({ lastNs }) => lastNs)) - startNs) / 1e9, cpu, writes };
}

/** What is written too much comes after the last object. */
async function writesSince(stage: Stage, fromMs: number): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const audited = stage.centres.flatMap((centre) => auditedBetween(centre, fromMs, Date.now()));
  return audited.filter((one) => isOurs(one) && isWrite(one)).length;
}

/** A change of the price list alters the configuration and no object. */
async function unchanged(stage: Stage): Promise<Run> {
  await rest(stage);
  const current = benchCloud({ registries: [`registry${String(changes).padStart(4, '0')}.testcity.example`] });
  const cloud: Cloud = { ...current, prices: { ...current.prices, version: `p${Date.now() % 100_000}` } };
  const fromMs = Date.now();
  const before = cpuNow(stage.centres, stage.controllers);
  await Promise.all(stage.centres.map((centre) => setCloud(centre, cloud)));
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  const cpu = cpuBetween(before, cpuNow(stage.centres, stage.controllers));
  return { seconds: 0, cpu, writes: await writesSince(stage, fromMs) };
}

/** Runs `act` while the API server and etcd of the last centre stand still. */
async function withoutLast(stage: Stage, act: () => Promise<Run>): Promise<Run> {
  const pids = Object.values(stage.centres.at(-1)?.pids ?? {});
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  try {
    return await act();
  } finally {
    for (const pid of pids) process.kill(pid, 'SIGCONT');
  }
}

async function rest({ centres, controllers }: Stage): Promise<void> {
  await Promise.all(controllers.map((controller) => controller.settled(0, 60_000)));
  await waitQuiet(centres, controllers, 0.2);
}

function show(results: Readonly<Record<string, readonly Run[]>>, best: number): void {
  const of = (name: string): readonly Run[] => results[name] ?? [];
  const seconds = (name: string) => of(name).map((run) => run.seconds);
  const ratios = (a: string, b: string) => seconds(a).map((value, at) => value / (seconds(b)[at] ?? Number.NaN));
  const cpu = (name: string, process: string) => median(of(name).map((run) => run.cpu[process] ?? 0)).toFixed(2);
  const expected = (centres: number) => centres * args.tenants;
  const row = (what: string, name: string, ratio: string, writes: number): (string | number)[] => [
    what,
    name === 'noop' ? '-' : spread(seconds(name)),
    ratio,
    `${median(of(name).map((run) => run.writes))} of ${writes}`,
    cpu(name, 'kube-apiserver'),
    cpu(name, 'etcd'),
    cpu(name, 'controller'),
  ];
  report(
    sizedName('fanout', args.tenants, 250),
    {
      title: `P7: one policy change, ${args.tenants} objects at each of four centres, ${args.runs} runs`,
      columns: [
        'Case',
        'Slowest centre, s',
        'Times (goal)',
        'Writes, seen of expected',
        'API servers, CPU s',
        'etcd, CPU s',
        'Controllers, CPU s',
      ],
      rows: [
        row(`Bound, ${best} in flight per centre`, 'raw', '1', expected(centreCount)),
        row('Controllers', 'ours', `${spread(ratios('ours', 'raw'))} (1.1)`, expected(centreCount)),
        row('Controllers, a change that touches no object', 'noop', '-', 0),
        row('Controllers of three centres, the fourth idle', 'alive', '-', expected(centreCount - 1)),
        row(
          'Controllers of three centres, the fourth stopped',
          'dead',
          `${spread(ratios('dead', 'alive'))} of idle (1.0)`,
          expected(centreCount - 1),
        ),
      ],
      notes: [
        'ratios are per pair of runs, median (least-most); the clock of the controllers begins before the change is written',
      ],
    },
    args,
  );
}

await main();
