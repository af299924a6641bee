/**
 * `jinhong up` as a process to kill: a small cloud of its own for each case, with a proxy before each centre that sees
 * every request of the command and of its engine. After the kill a person does what the guide says: `recover` until it
 * has nothing more to propose, then `up` again.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createClient } from '../../kube/client.ts';
import { loadKubeconfig } from '../../kube/config.ts';
import { isNotFound } from '../../kube/errors.ts';
import { resources } from '../../kube/resource.ts';
import type { KubeClient, KubeObject } from '../../kube/types.ts';
import { until } from './centre.ts';
import { cityCloud, cityGroups, tenantManifest, writeCity, writeManifest } from './city.ts';
import { fastTimings, type OwnCloud, withOwnCloud } from './cloud.ts';
import { makingsOf, markOf, maskedText, startHistory } from './crash-history.ts';
import { isWrite, writeKey } from './crash-victim.ts';
import { type FaultProxy, type ProxyCall, startFaultProxy } from './fault-proxy.ts';

/** The smallest cloud: one centre that decides and one that works. */
const sites = ['hub', 'east'];

/** A write of the command or its engine at one centre, and whether the server does it nonetheless. */
export interface UpPoint {
  readonly site: string;
  readonly key: string;
  readonly nth: number;
  readonly when: 'before' | 'after';
}

/** How a cloud is after `up`. */
export interface UpEnd {
  /** Every write of a run without a crash, in order. */
  readonly writes: readonly UpPoint[];
  /** What differs from the fault-free end, or went wrong on the way. */
  readonly wrong: readonly string[];
  /** Points at which the command died. */
  readonly tried: readonly UpPoint[];
  readonly objects: Readonly<Record<string, string>>;
}

/** So many writes lie between two deaths on one cloud: more than the engine has in flight at once. */
const stride = 16;

/**
 * Every write of a run, before and after it, in chains for a cloud each. There the command dies again and again, at points
 * ever further on: every `stride`-th write of the platform from another beginning; of the writes of the command itself
 * (departments, sites, tenants), which come nearly at once, every fourth. Pure.
 */
export function chainsOf({ writes }: Pick<UpEnd, 'writes'>): UpPoint[][] {
  const chains = (list: readonly UpPoint[], step: number) =>
    Array.from({ length: step }, (_, first) => list.filter((_point, at) => at % step === first)).flatMap((chain) =>
      (['before', 'after'] as const).map((when) => chain.map((point) => ({ ...point, when }))),
    );
  const platform = writes.filter(({ key }) => !isOwn(key));
  const own = writes.filter(({ key }) => isOwn(key));
  return [...chains(own, 4), ...chains(platform, stride)];
}

/** Whether a write is one of the command itself and not of its engine. Pure. */
export function isOwn(key: string): boolean {
  return /^patch (departments|tenants|secrets) |jinhong-set/.test(key);
}

/** Runs `up` on a fresh cloud; dies at `points`, one after the other, and is recovered each time. */
export async function upThrough(points: readonly UpPoint[], expected?: UpEnd): Promise<UpEnd> {
  const ends: UpEnd[] = [];
  await withOwnCloud({ sites, platformGroup: cityGroups.platform }, async (own) => {
    ends.push(await runOn(own, points, expected));
  });
  const [end] = ends;
  if (end === undefined) throw new Error('the cloud was not there');
  return end;
}

interface Ground {
  readonly own: OwnCloud;
  readonly proxies: ReadonlyMap<string, FaultProxy>;
  readonly kubeconfig: string;
}

async function runOn(own: OwnCloud, points: readonly UpPoint[], expected: UpEnd | undefined): Promise<UpEnd> {
  writeSmallCity(own.cloud.city);
  const ground = await prepare(own);
  const admins = own.cloud.centres.map((centre): [string, KubeClient] => [
    centre.name,
    createClient(loadKubeconfig(centre.kubeconfig, centre.name), { component: 'test' }),
  ]);
  const histories = await Promise.all(
    admins.map(async ([site, admin]) => [site, await startHistory(admin, counted)] as const),
  );
  const wrong: string[] = [];
  const tried: UpPoint[] = [];
  try {
    for (const point of points) {
      // An `up` that did not die has done everything, also what the points after this one are about.
      if (!(await dieAt(ground, point))) break;
      tried.push(point);
      wrong.push(...(await recoverAll(ground)));
    }
    const last = await finish(command(ground, ['up']).child);
    if (last.code !== 0) wrong.push(`up ended with ${last.code}: ${last.output}`);
    const writes = writesOf(ground);
    const makings = histories.map(([site, history]) => ({ site, ...makingsOf(history.changes(), nobody) }));
    const objects = { ...(await settledObjects(admins, expected)), MAKINGS: JSON.stringify(makings, undefined, 1) };
    const removals = writes.filter(({ key }) => key.startsWith('delete '));
    wrong.push(...removals.map(({ site, key }) => `${site}: ${key}`), ...differences(expected?.objects, objects));
    wrong.push(...(await isAtRest(ground)));
    return { writes, wrong, tried, objects };
  } finally {
    for (const [, history] of histories) await history.stop();
    for (const [, admin] of admins) await admin.close();
    for (const proxy of ground.proxies.values()) await proxy.close();
  }
}

/** Stands where a tenant's name is masked in other matrices: no name holds it. */
const nobody = '\u0000';

const counted = [
  resources.namespace,
  resources.serviceAccount,
  resources.role,
  resources.roleBinding,
  resources.clusterRole,
  resources.clusterRoleBinding,
  resources.deployment,
  resources.crd,
  resources.validatingAdmissionPolicy,
  resources.validatingAdmissionPolicyBinding,
];

function writeSmallCity(folder: string): void {
  writeCity(folder);
  const spec = { ...cityCloud, sites: cityCloud.sites.filter(({ name }) => sites.includes(name)) };
  writeManifest(join(folder, 'cloud.yaml'), {
    apiVersion: 'jinhong.dev/v1alpha1',
    kind: 'Cloud',
    metadata: { name: spec.name },
    spec,
  });
  const environments = [{ name: 'production', size: 'small', service: 'ordinary' }];
  for (const name of ['first', 'second']) {
    writeManifest(join(folder, 'tenants', `${name}.yaml`), tenantManifest('alpha', name, { environments }));
  }
}

/** Proxies that act as the engineer, and a kubeconfig that leads through them. */
async function prepare(own: OwnCloud): Promise<Ground> {
  const engineer = await own.person('engineer', [cityGroups.platform]);
  const proxies = new Map<string, FaultProxy>();
  const clusters: object[] = [];
  for (const { name, ca } of own.cloud.centres) {
    const proxy = await startFaultProxy(loadKubeconfig(engineer.kubeconfig, name));
    proxies.set(name, proxy);
    // The sites reach the management centre without the proxy, so they have to trust its own authority too.
    const trusted = Buffer.from(`${proxy.connection.ca}${ca}`).toString('base64');
    clusters.push({ name, cluster: { server: proxy.connection.server, 'certificate-authority-data': trusted } });
  }
  const kubeconfig = join(own.cloud.dir, '..', 'crash.kubeconfig');
  const contexts = sites.map((name) => ({ name, context: { cluster: name, user: 'nobody' } }));
  const config = { apiVersion: 'v1', kind: 'Config', clusters, contexts, users: [{ name: 'nobody', user: {} }] };
  writeFileSync(kubeconfig, JSON.stringify(config), { mode: 0o600 });
  return { own, proxies, kubeconfig };
}

const main = join(import.meta.dirname, '../../cli/main.ts');

interface Command {
  readonly child: ChildProcess;
}

function command({ own, kubeconfig }: Ground, args: readonly string[]): Command {
  const { cloud } = own;
  const hub = cloud.centres.find(({ name }) => name === 'hub');
  const env = {
    ...process.env,
    JINHONG_KUBECONFIG: kubeconfig,
    JINHONG_LOCAL_DIR: cloud.dir,
    JINHONG_STATE: cloud.state,
    JINHONG_LANG: 'en',
    JINHONG_TIMINGS: JSON.stringify(fastTimings),
  };
  const [verb = '', ...rest] = args;
  const server = verb === 'up' ? ['--server', hub?.url ?? ''] : [];
  const line = [main, verb, cloud.city, ...rest, ...server];
  return { child: spawn(process.execPath, line, { env, cwd: cloud.city, stdio: ['ignore', 'pipe', 'pipe'] }) };
}

function finish(child: ChildProcess): Promise<{ code: number; stdout: string; output: string }> {
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code: code ?? 137, stdout, output: `${stdout}\n${stderr}` }));
  });
}

/** Runs `up` until it dies at the point; true when it did. */
async function dieAt(ground: Ground, { site, key, nth, when }: UpPoint): Promise<boolean> {
  const { child } = command(ground, ['up']);
  let seen = 0;
  let died = false;
  const kill = async (): Promise<void> => {
    died = true;
    await killAll(ground, child);
  };
  ground.proxies.get(site)?.rule((call) => {
    if (died || !isWrite(call) || keyOf(call) !== key) return undefined;
    seen += 1;
    return seen === nth ? { [when]: kill, cut: when } : undefined;
  });
  await finish(child);
  ground.proxies.get(site)?.rule(() => undefined);
  return died;
}

/** As a power cut does: the command and its engine, all at once. */
async function killAll({ own }: Ground, child: ChildProcess): Promise<void> {
  const engines = enginesOf(own.cloud.state);
  child.kill('SIGKILL');
  for (const pid of engines) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended by itself.
    }
  }
  await until('all are dead', () => enginesOf(own.cloud.state).length === 0);
}

/** Processes of the engine that work on this state: they all carry its folder in their environment. */
function enginesOf(state: string): number[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      return readFileSync(`/proc/${name}/environ`, 'utf8').includes(`PULUMI_HOME=${state}/`) ? [Number(name)] : [];
    } catch {
      // It ended while we looked, or is not ours to look at.
      return [];
    }
  });
}

/** Takes what `recover` proposes until only `up` is left to do; says what went wrong. */
async function recoverAll(ground: Ground): Promise<string[]> {
  for (let left = 8; left > 0; left -= 1) {
    const { code, stdout, output } = await finish(command(ground, ['recover', '--yes', '-o', 'json']).child);
    if (code !== 0) return [`recover ended with ${code}: ${output}`];
    const { step } = (JSON.parse(stdout) as { proposal: { step: string } }).proposal;
    if (step === 'none' || step === 'run-up') return [];
  }
  return ['recover never ends'];
}

function keyOf(call: ProxyCall): string {
  return writeKey(call, nobody);
}

function writesOf({ proxies }: Ground): UpPoint[] {
  return [...proxies].flatMap(([site, { calls }]) => {
    const seen = new Map<string, number>();
    return calls.filter(isWrite).map((call): UpPoint => {
      const key = keyOf(call);
      const nth = (seen.get(key) ?? 0) + 1;
      seen.set(key, nth);
      return { site, key, nth, when: 'before' };
    });
  });
}

/** A further run writes nothing, and plan finds nothing to do. */
async function isAtRest(ground: Ground): Promise<string[]> {
  const before = writesOf(ground).length;
  const again = await finish(command(ground, ['up']).child);
  const more = writesOf(ground).slice(before);
  const plan = await finish(command(ground, ['plan']).child);
  return [
    ...(again.code === 0 ? [] : [`a further up ended with ${again.code}: ${again.output}`]),
    ...more.map(({ site, key }) => `a further up writes at ${site}: ${key}`),
    ...(plan.code === 0 ? [] : [`plan still finds something: ${plan.output}`]),
  ];
}

const compared = Object.values(resources).filter(({ kind }) => !['Secret', 'Event', 'Lease', 'Pod'].includes(kind));

/** All that we wrote at the centres, masked; waits until it is as expected, as long as controllers need. */
async function settledObjects(
  admins: readonly (readonly [string, KubeClient])[],
  expected: UpEnd | undefined,
): Promise<Record<string, string>> {
  const { MAKINGS: _, ...wanted } = expected?.objects ?? {};
  let found: Record<string, string> = {};
  const look = async () => {
    const before = found;
    found = Object.fromEntries((await Promise.all(admins.map(objectsAt))).flat());
    return differences(expected === undefined ? before : wanted, found).length === 0;
  };
  await until('the cloud is as expected', look, 60_000).catch(() => undefined);
  return found;
}

async function objectsAt([site, admin]: readonly [string, KubeClient]): Promise<[string, string][]> {
  const lists = await Promise.all(
    compared.map((resource) =>
      admin.list(resource, {}).then(
        ({ items }) => items,
        (error: unknown) => {
          if (isNotFound(error)) return [];
          throw error;
        },
      ),
    ),
  );
  return lists
    .flat()
    .filter(isOurs)
    .map((object) => [
      `${site} ${markOf(object)}`,
      maskedText(object, nobody).replaceAll(/127\.0\.0\.1:\d+/g, 'ADDRESS'),
    ]);
}

function isOurs({ metadata }: KubeObject): boolean {
  return (metadata.managedFields ?? []).some((entry) =>
    ((entry as { manager?: string }).manager ?? '').startsWith('jinhong'),
  );
}

function differences(a: Readonly<Record<string, string>> | undefined, b: Readonly<Record<string, string>>): string[] {
  if (a === undefined) return [];
  const marks = [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();
  return marks.flatMap((mark) => {
    if (a[mark] === b[mark]) return [];
    const [left, right] = [(a[mark] ?? '').split('\n'), (b[mark] ?? '').split('\n')];
    const lost = left.filter((line) => !right.includes(line)).slice(0, 20);
    const added = right.filter((line) => !left.includes(line)).slice(0, 20);
    return [`${mark}: without [${lost.join(' ')}] with [${added.join(' ')}]`];
  });
}
