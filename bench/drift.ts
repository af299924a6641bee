import { desiredEnvironment, policyNames } from '../core/desired/index.ts';
import { environmentNamespace, managers } from '../core/model/names.ts';
import type { KubeObject } from '../kube/types.ts';
import { auditedBetween, isOurs, isWrite } from './support/audit.ts';
import { type BenchCentre, benchCloud, benchDepartment, startBenchCentre } from './support/centre.ts';
import { type Controller, startController } from './support/controller.ts';
import { cpuBetween, cpuNow, waitQuiet } from './support/cpu.ts';
import { type Drift, type DriftResult, loadApply, loadDrift } from './support/loader.ts';
import { applyType, type Request } from './support/plan.ts';
import { type BenchTable, readArgs, report, sizedName } from './support/record.ts';
import { interleave, median, quantile, spread } from './support/runs.ts';
import { freshNames, grantSpecOf, standIn, writeGrants } from './support/tenants.ts';

/**
 * P6: how long a managed object that was removed or edited stays so. One NetworkPolicy per tenant is disturbed, one at a
 * time, 100 at once, and that of every tenant at once. The bound does the same work in the loader: it watches policies of
 * the same content and writes the body again as soon as it sees the event. Clock: from the answer to the disturbance to
 * the event of the repair, both read by the loader. Every write of the controller in that time is counted in the audit log.
 *
 * Run: `node bench/drift.ts [--tenants 1000] [--runs 5] [--record]`. Goals: p50 1.2 times the bound, p99 2 times, no write
 * beyond one per disturbed object.
 */
type Side = 'raw' | 'ours';
type Kind = 'removed' | 'edited';

interface Measured extends DriftResult {
  /** Writes of the controller beyond one per disturbed object. */
  readonly extra: number;
  readonly cpu: Readonly<Record<string, number>>;
}

interface Bench {
  readonly centre: BenchCentre;
  readonly controller: Controller;
  readonly tenants: readonly string[];
  readonly raws: readonly string[];
}

/** Disturbances one after the other in a run. */
const oneByOne = 60;
const flights = [8, 32, 128];

async function main(): Promise<void> {
  const args = readArgs('drift', { tenants: 1000, runs: 5 });
  const centre = await startBenchCentre();
  let controller: Controller | undefined;
  try {
    const profileDir = process.env['BENCH_PROFILE'];
    controller = await startController(centre, profileDir === undefined ? {} : { profileDir });
    const { names: tenants } = freshNames(args.tenants);
    const { names: raws } = freshNames(args.tenants);
    await writeGrants(centre, tenants);
    await makeRaw(centre, raws);
    await controller.settled(args.tenants);
    const bench: Bench = { centre, controller, tenants, raws };
    const rows: (string | number)[][] = [];
    for (const kind of ['removed', 'edited'] as const) rows.push(row(kind, 1, await runs(bench, args.runs, kind, 1)));
    for (const count of [100, args.tenants]) {
      if (count <= args.tenants) rows.push(row('removed', count, await runs(bench, args.runs, 'removed', count)));
    }
    report(sizedName('drift', args.tenants, 1000), tableOf(rows, args), args);
  } finally {
    await controller?.stop();
    await centre.stop();
  }
}

/** `count` 1 is one after the other, `oneByOne` times a run. Other objects in each run while there are enough. */
async function runs(
  bench: Bench,
  rounds: number,
  kind: Kind,
  count: number,
): Promise<{ raw: readonly Measured[]; ours: readonly Measured[] }> {
  const many = count > 1;
  const size = many ? count : oneByOne;
  const pick = (names: readonly string[], round: number) =>
    Array.from({ length: size }, (_, index) => names[(round * size + index) % names.length] ?? '');
  const side = (which: Side, flight: number) => async (round: number) => {
    await waitQuiet([bench.centre], [bench.controller], 0.3);
    return disturb(bench, which, kind, {
      names: pick(which === 'raw' ? bench.raws : bench.tenants, round),
      many,
      flight,
    });
  };
  let best = flights[0] ?? 1;
  if (many) {
    const swept: [number, number][] = [];
    for (const flight of flights) swept.push([flight, (await side('raw', flight)(0)).wallMs]);
    best = swept.sort((a, b) => a[1] - b[1])[0]?.[0] ?? best;
  }
  const results = await interleave<Measured>(rounds, { raw: side('raw', best), ours: side('ours', best) });
  return { raw: results['raw'] ?? [], ours: results['ours'] ?? [] };
}

interface Run {
  readonly names: readonly string[];
  readonly many: boolean;
  readonly flight: number;
}

async function disturb(bench: Bench, which: Side, kind: Kind, { names, many, flight }: Run): Promise<Measured> {
  const { centre, controller } = bench;
  const fromMs = Date.now();
  const before = cpuNow([centre], [controller]);
  const result = await loadDrift({
    target: which === 'raw' ? centre.breakGlassTarget : centre.siteTarget,
    vandal: centre.breakGlassTarget,
    cases: names.map((name) => caseOf(which, kind, name)),
    watch: '/apis/networking.k8s.io/v1/networkpolicies',
    restore: which === 'raw',
    atOnce: many,
    flight,
    pauseMs: 10,
    timeoutSeconds: 120,
  });
  const cpu = cpuBetween(before, cpuNow([centre], [controller]));
  // What would be written too much comes after the repair.
  await new Promise((resolve) => setTimeout(resolve, 500));
  const audited = auditedBetween(centre, fromMs, Date.now()).filter((one) => isOurs(one) && isWrite(one));
  const expected = names.length;
  return { ...result, cpu, extra: audited.length - expected };
}

const collection = (namespace: string) => `/apis/networking.k8s.io/v1/namespaces/${namespace}/networkpolicies`;

function caseOf(which: Side, kind: Kind, tenant: string): Drift {
  const { namespace, policy } = policyOf(which, tenant);
  const path = `${collection(namespace)}/${policy.metadata.name}`;
  const edit: Request = {
    method: 'PATCH',
    path: `${path}?fieldManager=vandal`,
    type: 'application/merge-patch+json',
    body: JSON.stringify({ spec: { egress: [] } }),
  };
  return {
    key: `${namespace}/${policy.metadata.name}`,
    disturb: kind === 'removed' ? { method: 'DELETE', path } : edit,
    restore: restoreOf(path, policy),
  };
}

function restoreOf(path: string, policy: KubeObject): Request {
  const query = `fieldManager=${managers.site}&force=true`;
  return { method: 'PATCH', path: `${path}?${query}`, type: applyType, body: JSON.stringify(policy) };
}

/** The policy of a tenant, or its twin in a namespace of nobody: the same content, without the labels of a tenant. */
function policyOf(which: Side, tenant: string): { namespace: string; policy: KubeObject } {
  const grant = grantSpecOf(tenant);
  const [environment] = grant.environments;
  if (environment === undefined) throw new Error('the tenant of the bench has an environment');
  const desired = desiredEnvironment({ grant, environment, mode: 'open', cloud: benchCloud() });
  const found = desired.steps.flat().find(({ metadata }) => metadata.name === policyNames.dns);
  if (found === undefined) throw new Error('no policy for DNS');
  const policy = found as unknown as KubeObject;
  if (which === 'ours') return { namespace: desired.namespace, policy };
  const namespace = desired.namespace;
  const labels = Object.entries(policy.metadata.labels ?? {}).map(([key, value]) => [
    key.replace('jinhong.', 'nobodys.').replace('kubernetes.io', 'example.test'),
    value,
  ]);
  return {
    namespace,
    policy: { ...policy, metadata: { name: 'nobodys-dns', namespace, labels: Object.fromEntries(labels) } },
  };
}

async function makeRaw(centre: BenchCentre, names: readonly string[]): Promise<void> {
  const namespace = environmentNamespace(benchDepartment.name, standIn, 'production');
  const { policy } = policyOf('raw', standIn);
  const object = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } };
  const path = `${collection(namespace)}/${policy.metadata.name}`;
  const make = {
    method: 'PATCH',
    path: `/api/v1/namespaces/${namespace}?fieldManager=bench&force=true`,
    type: applyType,
  };
  const waves = [[{ ...make, body: JSON.stringify(object) }], [restoreOf(path, policy)]];
  await loadApply({ target: centre.adminTarget, plan: { waves, standIn, names }, flight: 64 });
}

function row(kind: Kind, count: number, { raw, ours }: { raw: readonly Measured[]; ours: readonly Measured[] }) {
  const all = (runs: readonly Measured[]) => runs.flatMap(({ totalMs }) => totalMs);
  const ratio = (share: number) =>
    spread(
      ours.map((run, at) => quantile(run.totalMs, share) / quantile(raw[at]?.totalMs ?? [], share)),
      2,
    );
  const cpu = (runs: readonly Measured[], name: string) => median(runs.map((run) => run.cpu[name] ?? 0)).toFixed(2);
  return [
    count === 1 ? `1, ${kind}` : `${count} at once, ${kind}`,
    `${quantile(all(raw), 0.5).toFixed(1)} / ${quantile(all(raw), 0.99).toFixed(1)}`,
    `${quantile(all(ours), 0.5).toFixed(1)} / ${quantile(all(ours), 0.99).toFixed(1)}`,
    ratio(0.5),
    ratio(0.99),
    `${spread(ours.map((run, at) => run.wallMs / (raw[at]?.wallMs ?? Number.NaN)))}`,
    `${cpu(raw, 'kube-apiserver')} / ${cpu(ours, 'kube-apiserver')}`,
    cpu(ours, 'controller'),
    ours.reduce((sum, run) => sum + run.extra, 0),
  ];
}

function tableOf(rows: readonly (readonly (string | number)[])[], args: { tenants: number; runs: number }): BenchTable {
  return {
    title: `P6: drift repair, ${args.tenants} tenants, ${args.runs} runs`,
    columns: [
      'Disturbed',
      'Bound p50 / p99, ms',
      'Controller p50 / p99, ms',
      'p50, times (goal 1.2)',
      'p99, times (goal 2)',
      'Wall, times',
      'API server CPU s, bound / controller',
      'Controller CPU s',
      'Extra writes (goal 0)',
    ],
    rows,
    notes: [
      'clock from the answer to the disturbance to the event of the repair; ratios are per pair of runs, median (least-most)',
    ],
  };
}

await main();
