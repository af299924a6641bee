import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { memberOf } from '../cli/applyset.ts';
import { pageSize } from '../cli/provision/live.ts';
import { tenantSet } from '../cli/provision/sets.ts';
import { departmentOfNamespace, labels, managers } from '../core/model/names.ts';
import { pathOf, resources } from '../kube/resource.ts';
import type { Resource } from '../kube/types.ts';
import { ensureBinaries } from '../local/binaries.ts';
import type { Centre } from '../local/centre.ts';
import { cpuOf } from './support/cpu.ts';
import { loadApply, loadList } from './support/loader.ts';
import { applyType, type Request, type Target } from './support/plan.ts';
import { benchTenant, writeBenchCity, writeBenchTenant } from './support/plan-city.ts';
import {
  type CommandRun,
  engineerAt,
  jinhong,
  localSites,
  type PlanCloud,
  seed,
  startPlanCloud,
  timed,
} from './support/plan-cloud.ts';
import { report } from './support/record.ts';
import { interleave, median, rounded, spread } from './support/runs.ts';

/**
 * P8: `plan` with nothing to do, with 10 changes, and before a first apply; the first apply itself; and the start of the
 * command. Four centres, 110, 1,000 and 10,000 tenants, all objects there. Bound of a plan: the loader lists the same kinds of
 * the same centres at once and drops what it reads. Bound of the apply: the loader applies the same Tenants. No controller
 * runs, so nothing reacts. A process that does nothing (`--help`) is stated apart and taken off the plan before it is
 * compared with the list.
 *
 * Run: `node bench/plan.ts [--sizes 110,1000,10000] [--runs 5] [--record]`; from 10,000 tenants on at most 3 runs. Goals: a
 * plan with nothing to do 1.5 times the list, 150 ms of CPU to start.
 */
const { values } = parseArgs({
  options: {
    sizes: { type: 'string', default: '110,1000,10000' },
    runs: { type: 'string', default: '5' },
    record: { type: 'boolean', default: false },
  },
});
const sizes = values.sizes.split(',').map(Number);
const basePort = Number(process.env['JINHONG_BENCH_PORT'] ?? 27_600);

interface Timing {
  readonly seconds: number;
  /** CPU seconds of the measured program, and of the servers of all centres. */
  readonly own: number;
  readonly servers: number;
}

type Row = readonly (string | number)[];

async function main(): Promise<void> {
  const { kubectl } = await ensureBinaries(['kubectl']);
  const cloud = await startPlanCloud({ root: mkdtempSync(join(tmpdir(), 'jinhong-bench-plan-')), basePort });
  try {
    const rows: Row[] = [];
    const add = (more: readonly Row[]) => {
      for (const row of more) process.stdout.write(`${row.join('  ')}\n`);
      rows.push(...more);
    };
    const start = await startRows(cloud);
    add(start.rows);
    for (const count of sizes) {
      const runs = count >= 10_000 ? Math.min(3, Number(values.runs)) : Number(values.runs);
      add(await applyRows(cloud, count, runs, kubectl));
      add(await planRows(cloud, { count, runs, startSeconds: start.helpSeconds, kubectl }));
    }
    show(rows);
  } finally {
    await cloud.stop();
  }
}

/** `up` and `plan` as the city was installed, so that the platform is as it should be. */
const installed = ['--replicas', '1', '--image', 'jinhong:0.1.0'];

async function clocked(cloud: PlanCloud, act: () => Promise<{ seconds: number; own: number }>): Promise<Timing> {
  const before = serverCpu(cloud.centres);
  const { seconds, own } = await act();
  return { seconds, own, servers: serverCpu(cloud.centres) - before };
}

function serverCpu(centres: readonly Centre[]): number {
  const pids = centres.flatMap(({ state }) => Object.values(state.processes).map((id) => id?.pid ?? 0));
  return pids.reduce((sum, pid) => sum + cpuOf(pid), 0);
}

function command(cloud: PlanCloud, args: readonly string[], exitCode: number): Promise<Timing> {
  return clocked(cloud, async () => {
    const run = await jinhong(cloud, args);
    if (run.code !== exitCode)
      throw new Error(`${args.join(' ')} ended with ${run.code}:\n${run.stdout}\n${run.stderr}`);
    return { seconds: run.wallMs / 1000, own: run.cpuMs / 1000 };
  });
}

async function startRows(cloud: PlanCloud): Promise<{ rows: Row[]; helpSeconds: number }> {
  const file = writeBenchTenant(join(cloud.dir, '../one'), 0);
  const cases = {
    '--help': ['--help'],
    'check of one file': ['check', file],
    'explain of a field': ['explain', 'tenant.spec.class'],
  };
  const sides = Object.fromEntries(Object.entries(cases).map(([name, args]) => [name, () => jinhong(cloud, args)]));
  await interleave<CommandRun>(1, sides);
  const results = await interleave<CommandRun>(7, sides);
  const rows = Object.entries(results).map(([name, runs]): Row => {
    const wall = runs.map(({ wallMs }) => wallMs / 1000);
    const cpu = median(runs.map(({ cpuMs }) => cpuMs));
    return [`start: ${name}`, '-', '-', spread(wall), rounded(cpu / 1000, 3), '-', `${Math.round(cpu)} ms CPU (150)`];
  });
  return { rows, helpSeconds: median((results['--help'] ?? []).map(({ wallMs }) => wallMs / 1000)) };
}

/** First apply: the Tenants are not there. What is there at the end is what `up` made. */
async function applyRows(cloud: PlanCloud, count: number, runs: number, kubectl: string): Promise<Row[]> {
  writeBenchCity(cloud.city, cloud.cloud, count);
  await removeTenants(cloud);
  const first = await command(cloud, ['plan', cloud.city, ...installed], 2);
  const fresh = (act: () => Promise<Timing>) => async () => {
    await removeTenants(cloud);
    return act();
  };
  const flights = [16, 64, 128];
  const swept: [number, Timing][] = [];
  for (const flight of flights) swept.push([flight, await fresh(() => rawTenants(cloud, count, flight))()]);
  const best = swept.toSorted((a, b) => a[1].seconds - b[1].seconds)[0]?.[0] ?? 64;
  const folder = join(cloud.city, 'tenants');
  const apply = ['apply', '--server-side', '--field-manager', managers.cli, '-R', '-f', folder];
  const sides: Record<string, () => Promise<Timing>> = {
    raw: fresh(() => rawTenants(cloud, count, best)),
    ...(count > 1000 ? {} : { kubectl: fresh(() => byKubectl(cloud, kubectl, apply)) }),
    up: fresh(() => command(cloud, ['up', cloud.city, '--replicas', '1', '--no-wait'], 0)),
  };
  const results = await interleave<Timing>(runs, sides);
  if (runs % 2 === 0) await sides['up']?.();
  return [
    timingRow('plan before the first apply', count, [first], undefined),
    timingRow(`apply, bound, ${best} in flight`, count, results['raw'] ?? [], undefined),
    ...(results['kubectl'] === undefined
      ? []
      : [
          timingRow(
            'apply, kubectl --server-side',
            count,
            results['kubectl'],
            ratios(results['kubectl'], results['raw'] ?? []),
          ),
        ]),
    timingRow(
      'apply, whole `up --no-wait`',
      count,
      results['up'] ?? [],
      ratios(results['up'] ?? [], results['raw'] ?? []),
    ),
  ];
}

async function removeTenants(cloud: PlanCloud): Promise<void> {
  const hub = engineerAt(cloud, 'hub');
  try {
    const { items } = await hub.list(resources.tenant);
    const spaces = new Set(items.map(({ metadata }) => metadata.namespace ?? ''));
    await Promise.all([...spaces].map((namespace) => hub.request('DELETE', pathOf(resources.tenant, { namespace }))));
  } finally {
    await hub.close();
  }
}

function rawTenants(cloud: PlanCloud, count: number, flight: number): Promise<Timing> {
  const requests = Array.from({ length: count }, (_, index): Request => {
    const manifest = benchTenant(index);
    const department = departmentOfNamespace(manifest.metadata.namespace ?? '') ?? '';
    const tenant = memberOf(tenantSet(cloud.cloud.name, department), manifest);
    const path = `${pathOf(resources.tenant, tenant.metadata)}?fieldManager=${managers.cli}`;
    return { method: 'PATCH', path, type: applyType, body: JSON.stringify(tenant) };
  });
  return clocked(cloud, async () => {
    const plan = { waves: [requests], standIn: '@none@', names: ['@none@'] };
    const { startNs, endNs, cpuSeconds } = await loadApply({ target: adminOf(cloud, 'hub'), plan, flight });
    return { seconds: (endNs - startNs) / 1e9, own: cpuSeconds };
  });
}

function byKubectl(cloud: PlanCloud, kubectl: string, args: readonly string[], codes = [0]): Promise<Timing> {
  return clocked(cloud, async () => {
    const run = await timed([kubectl, '--kubeconfig', cloud.kubeconfig, '--context', 'hub', ...args]);
    if (!codes.includes(run.code)) throw new Error(`kubectl ended with ${run.code}: ${run.stderr.slice(0, 2_000)}`);
    return { seconds: run.wallMs / 1000, own: run.cpuMs / 1000 };
  });
}

function adminOf(cloud: PlanCloud, site: string): Target {
  const centre = cloud.centres.find(({ name }) => name === site);
  if (centre === undefined) throw new Error(`no centre ${site}`);
  return { server: centre.url, ca: centre.ca, cert: centre.admin.cert, key: centre.admin.key };
}

interface PlanCase {
  readonly count: number;
  readonly runs: number;
  readonly startSeconds: number;
  readonly kubectl: string;
}

async function planRows(cloud: PlanCloud, { count, runs, startSeconds, kubectl }: PlanCase): Promise<Row[]> {
  await seed(cloud, count);
  const plan = (code: number) => command(cloud, ['plan', cloud.city, ...installed], code);
  await plan(0);
  const results = await interleave<Timing>(runs, {
    list: () => listAll(cloud),
    noop: () => plan(0),
    ten: async () => {
      changeTen(cloud, count, { displayName: '改名的系统' });
      try {
        return await plan(2);
      } finally {
        changeTen(cloud, count, {});
      }
    },
  });
  const list = results['list'] ?? [];
  const without = (timings: readonly Timing[]) =>
    timings.map((timing) => ({ ...timing, seconds: timing.seconds - startSeconds }));
  const noop = results['noop'] ?? [];
  const rows = [
    timingRow('list of the same kinds, dropped', count, list, undefined),
    timingRow('plan, nothing to do', count, noop, `${ratios(without(noop), list)} without start (1.5)`),
    timingRow(
      'plan, 10 changes',
      count,
      results['ten'] ?? [],
      `${ratios(without(results['ten'] ?? []), list)} without start`,
    ),
  ];
  if (count > 1000) return rows;
  const diff = await byKubectl(
    cloud,
    kubectl,
    ['diff', '--server-side', '-R', '-f', join(cloud.city, 'tenants')],
    [0, 1],
  );
  return [...rows, timingRow('kubectl diff of the Tenants alone', count, [diff], undefined)];
}

function changeTen(cloud: PlanCloud, count: number, more: object): void {
  for (let at = 0; at < 10; at += 1) writeBenchTenant(cloud.city, Math.floor((at * count) / 10), more);
}

const management: readonly Resource[] = [
  resources.department,
  resources.tenant,
  resources.approval,
  resources.grant,
  resources.hostnameClaim,
  resources.site,
];
const perSite: readonly Resource[] = [
  resources.namespace,
  resources.resourceQuota,
  resources.limitRange,
  resources.networkPolicy,
  resources.serviceAccount,
  resources.roleBinding,
];

/** What a plan reads of the tenants, from all centres at once, in pages of the same size. */
function listAll(cloud: PlanCloud): Promise<Timing> {
  const selected = `?labelSelector=${encodeURIComponent(labels.tenant)}`;
  const ofSite = [pathOf(resources.department), ...perSite.map((resource) => `${pathOf(resource)}${selected}`)];
  const paths = { hub: management.map((resource) => pathOf(resource)) } as Record<string, readonly string[]>;
  for (const site of localSites) paths[site] = ofSite;
  return clocked(cloud, async () => {
    const reading = Object.entries(paths).map(([site, own]) =>
      loadList({ target: adminOf(cloud, site), paths: own, limit: pageSize, decode: 'drain' }),
    );
    const read = await Promise.all(reading);
    const seconds =
      (Math.max(...read.map(({ endNs }) => endNs)) - Math.min(...read.map(({ startNs }) => startNs))) / 1e9;
    return { seconds, own: read.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0) };
  });
}

function ratios(ours: readonly Timing[], bound: readonly Timing[]): string {
  return spread(ours.map(({ seconds }, at) => seconds / (bound[at]?.seconds ?? Number.NaN)));
}

function timingRow(what: string, count: number, timings: readonly Timing[], ratio: string | undefined): Row {
  return [
    what,
    count,
    timings.length,
    spread(timings.map(({ seconds }) => seconds)),
    rounded(median(timings.map(({ own }) => own))),
    rounded(median(timings.map(({ servers }) => servers))),
    ratio ?? '-',
  ];
}

function show(rows: readonly Row[]): void {
  report(
    sizes.some((count) => count < 10_000) ? 'plan' : 'plan-10000',
    {
      title: 'P8: plan and first apply, four centres',
      columns: ['Case', 'Tenants', 'Runs', 'Seconds', 'Own CPU s', 'Servers, CPU s', 'Times the bound (goal)'],
      rows,
    },
    { record: values.record, command: `node bench/plan.ts --sizes ${values.sizes} --runs ${values.runs}` },
  );
}

await main();
