import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { resources } from '../kube/resource.ts';
import { centrePaths } from '../local/centre-files.ts';
import { readPods } from '../local/node-process.ts';
import { type Audited, auditedBetween, isOurs, isWrite } from './support/audit.ts';
import { cpuOf } from './support/cpu.ts';
import { writeBenchCity } from './support/plan-city.ts';
import { allReady, approveAll, jinhong, type PlanCloud, startPlanCloud } from './support/plan-cloud.ts';
import { report } from './support/record.ts';
import { median, rounded, spread } from './support/runs.ts';

/**
 * P3: what it costs to have N tenants at rest. Four centres, the platform as `up` installs it, the management controller and
 * three site controllers, all tenants asked for, approved, granted and Ready. Nothing is changed then, while every key is
 * looked at and every list is read anew each 15 s instead of each 600 s, so that several such rounds pass within each
 * measured time. Writes are counted in the audit logs of all centres: all but Leases, by any account of ours.
 *
 * Run: `node bench/steady.ts [--sizes 110,1000] [--runs 5] [--record]`. Goal: exactly 0 writes.
 */
const { values } = parseArgs({
  options: {
    sizes: { type: 'string', default: '110,1000' },
    runs: { type: 'string', default: '5' },
    record: { type: 'boolean', default: false },
  },
});
const basePort = Number(process.env['JINHONG_BENCH_PORT'] ?? 27_600);
const resyncSeconds = 15;
/** Seconds of one measured time; a resync is spread by a tenth, so at least one falls into each. */
const windowSeconds = 20;
const defaultResyncSeconds = 600;

interface Window {
  readonly writes: readonly Audited[];
  readonly lists: number;
  readonly watches: number;
  /** Renewals of Leases: election and heartbeats. */
  readonly leases: number;
  readonly others: number;
  readonly managementCpu: number;
  readonly sitesCpu: number;
  readonly serversCpu: number;
}

async function main(): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), 'jinhong-bench-steady-'));
  const cloud = await startPlanCloud({ root, basePort, timings: { resyncSeconds } });
  const rows: (string | number)[][] = [];
  try {
    for (const count of values.sizes.split(',').map(Number)) {
      await provision(cloud, count);
      const windows: Window[] = [];
      for (let run = 0; run < Number(values.runs); run += 1) windows.push(await watchWindow(cloud));
      const [first] = windows.flatMap(({ writes }) => writes);
      if (first !== undefined) process.stdout.write(`a write at rest: ${JSON.stringify(first)}\n`);
      rows.push(row(count, windows));
    }
  } finally {
    await cloud.stop();
  }
  show(rows);
}

async function provision(cloud: PlanCloud, count: number): Promise<void> {
  writeBenchCity(cloud.city, cloud.cloud, count);
  const timings = ['--timings', JSON.stringify({ resyncSeconds })];
  const up = await jinhong(cloud, ['up', cloud.city, '--replicas', '1', '--no-wait', ...timings]);
  if (up.code !== 0) throw new Error(`up ended with ${up.code}:\n${up.stdout}\n${up.stderr}`);
  await approveAll(cloud, count);
  await allReady(cloud, resources.tenant, 600_000);
  // Status, reports and their events are still under way; they have ended when a whole time brings none.
  for (let tries = 0; tries < 10; tries += 1) if ((await watchWindow(cloud)).writes.length === 0) return;
  process.stdout.write('writes did not end before the measured time\n');
}

async function watchWindow(cloud: PlanCloud): Promise<Window> {
  const fromMs = Date.now();
  const before = cpuByProgram(cloud);
  await new Promise((resolve) => setTimeout(resolve, windowSeconds * 1000));
  const toMs = Date.now();
  const after = cpuByProgram(cloud);
  const audited = cloud.centres.flatMap(({ dir }) =>
    auditedBetween({ auditLog: centrePaths(dir).auditLog }, fromMs, toMs),
  );
  const ours = audited.filter(isOurs);
  const leases = ours.filter(({ resource }) => resource === 'leases').length;
  const lists = ours.filter(({ verb }) => verb === 'list').length;
  const watches = ours.filter(({ verb }) => verb === 'watch').length;
  const writes = ours.filter(isWrite);
  return {
    writes,
    lists,
    watches,
    leases,
    others: ours.length - leases - lists - watches - writes.length,
    managementCpu: after.management - before.management,
    sitesCpu: after.sites - before.sites,
    serversCpu: after.servers - before.servers,
  };
}

function cpuByProgram(cloud: PlanCloud): { management: number; sites: number; servers: number } {
  const sum = (pids: readonly number[]) => pids.reduce((total, pid) => total + cpuOf(pid), 0);
  const pods = readPods(cloud.dir);
  const servers = cloud.centres.flatMap(({ state }) => Object.values(state.processes).map((id) => id?.pid ?? 0));
  return {
    management: sum(pods.filter(({ site }) => site === 'hub').map(({ pid }) => pid)),
    sites: sum(pods.filter(({ site }) => site !== 'hub').map(({ pid }) => pid)),
    servers: sum(servers),
  };
}

function row(count: number, windows: readonly Window[]): (string | number)[] {
  const minutes = windowSeconds / 60;
  const perMinute = (of: (window: Window) => number) => median(windows.map(of)) / minutes;
  const share = (of: (window: Window) => number) =>
    spread(
      windows.map((window) => (of(window) / windowSeconds) * 100),
      1,
    );
  // Lists and watches come with each round, so they are as much rarer as the rounds are.
  const rounds = defaultResyncSeconds / resyncSeconds;
  const atDefault = (perMinute(({ lists }) => lists) + perMinute(({ watches }) => watches)) / rounds;
  return [
    count,
    windows.reduce((sum, { writes }) => sum + writes.length, 0),
    rounded(
      perMinute(({ lists, watches }) => lists + watches),
      1,
    ),
    rounded(atDefault, 1),
    rounded(
      perMinute(({ leases }) => leases),
      1,
    ),
    rounded(
      perMinute(({ others }) => others),
      1,
    ),
    share(({ managementCpu }) => managementCpu),
    share(({ sitesCpu }) => sitesCpu),
    share(({ serversCpu }) => serversCpu),
  ];
}

function show(rows: readonly (readonly (string | number)[])[]): void {
  const seconds = Number(values.runs) * windowSeconds;
  report(
    'steady',
    {
      title: `P3: at rest, four centres, resync each ${resyncSeconds} s, ${values.runs} times ${windowSeconds} s`,
      columns: [
        'Tenants',
        `Writes in ${seconds} s (goal 0)`,
        'Lists and watches a minute',
        'the same at the default of 600 s',
        'Leases a minute',
        'Other reads a minute',
        'Management controller, % of a core',
        'Three site controllers, %',
        'Servers of all centres, %',
      ],
      rows,
    },
    { record: values.record, command: `node bench/steady.ts --sizes ${values.sizes} --runs ${values.runs}` },
  );
}

await main();
