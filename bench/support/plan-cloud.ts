/**
 * The cloud of the measures of plan and apply: four real centres with fsync, the platform installed by `jinhong up`, the
 * departments in place, and no controller running any more: what is measured is the command alone. `seed` puts in what
 * the controllers would have made.
 */
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { controllers } from '../../core/access/objects.ts';
import type { Cloud } from '../../core/model/cloud.ts';
import type { Approval, Grant, Tenant } from '../../core/model/kinds.ts';
import { managers, namespaces } from '../../core/model/names.ts';
import { createClient } from '../../kube/client.ts';
import { loadKubeconfig } from '../../kube/config.ts';
import { resources } from '../../kube/resource.ts';
import type { KubeClient, KubeObject, Resource } from '../../kube/types.ts';
import { type Centre, readCentre } from '../../local/centre.ts';
import { startCloud, stopCloud } from '../../local/cloud.ts';
import { readCloudState, siteDir } from '../../local/cloud-state.ts';
import { stopNode } from '../../local/node-process.ts';
import { writePersonKubeconfig } from '../../local/people.ts';
import { freeBase } from '../../local/ports.ts';
import { benchApproval, benchCloud, decideAll, engineer, reviewers, writeBenchCity } from './plan-city.ts';

/** Centres of the made-up city beside the management centre. */
export const localSites = ['east', 'west', 'south'] as const;

/** The running cloud. */
export interface PlanCloud {
  readonly cloud: Cloud;
  /** Folder of the local cloud, of the manifests, and of `up`'s state. */
  readonly dir: string;
  readonly city: string;
  readonly state: string;
  /** The platform engineer's kubeconfig. */
  readonly kubeconfig: string;
  readonly centres: readonly Centre[];
  /** Ends every process and removes the folders. */
  readonly stop: () => Promise<void>;
}

/** What one run of the command took and said. */
export interface CommandRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly wallMs: number;
  /** User and system time of the process and its children. */
  readonly cpuMs: number;
}

/** How the cloud is started. */
export interface PlanCloudOptions {
  /** The folder that is made for it and removed at the end. */
  readonly root: string;
  readonly basePort: number;
  /** Keeps the controllers running, one of each, with these timings; without it they are ended. */
  readonly timings?: Readonly<Record<string, number>>;
}

/** Starts the centres from `basePort` on and installs the platform. */
export async function startPlanCloud({ root, basePort, timings }: PlanCloudOptions): Promise<PlanCloud> {
  const cloud = benchCloud(localSites);
  rmSync(root, { recursive: true, force: true });
  const paths = { dir: join(root, 'local'), city: join(root, 'city'), state: join(root, 'state') };
  const stop = async () => {
    await stopCloud({ dir: paths.dir, wipe: true });
    rmSync(root, { recursive: true, force: true });
  };
  try {
    const sites = cloud.sites.map(({ name }) => name);
    const ports = await freeBase(basePort, sites.length);
    await startCloud({ dir: paths.dir, sites, platformGroup: cloud.groups.platform, basePort: ports, tied: true });
    const kubeconfig = await writePersonKubeconfig(paths.dir, { ...engineer, groups: [...engineer.groups] });
    writeBenchCity(paths.city, cloud, 0);
    const found = sites.map((name) => readCentre(siteDir(paths.dir, name)));
    const centres = found.filter((centre) => centre !== undefined);
    const made: PlanCloud = { cloud, ...paths, kubeconfig, centres, stop };
    const faster = timings === undefined ? [] : ['--timings', JSON.stringify(timings)];
    const up = await jinhong(made, ['up', paths.city, '--replicas', '1', ...faster]);
    if (up.code !== 0) throw new Error(`up ended with ${up.code}:\n${up.stdout}\n${up.stderr}`);
    await departmentsReady(made);
    if (timings === undefined) await stopNode(paths.dir, readCloudState(paths.dir)?.node);
    return made;
  } catch (error) {
    await stop();
    throw error;
  }
}

const main = join(import.meta.dirname, '../../cli/jinhong.js');

/** Runs the command as the platform engineer, in English; never throws for an exit code. */
export function jinhong(
  cloud: Pick<PlanCloud, 'dir' | 'state' | 'kubeconfig'>,
  args: readonly string[],
): Promise<CommandRun> {
  const env = {
    ...process.env,
    JINHONG_KUBECONFIG: cloud.kubeconfig,
    JINHONG_LOCAL_DIR: cloud.dir,
    JINHONG_STATE: cloud.state,
    JINHONG_LANG: 'en',
  };
  return timed([process.execPath, main, ...args, ...(args[0] === 'up' ? ['--image', 'jinhong:0.1.0'] : [])], env);
}

/** Runs a program and measures it from start to end, with the CPU time of all its processes as bash's `time` counts it. */
export function timed(command: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<CommandRun> {
  const startedMs = performance.now();
  const script = 'TIMEFORMAT="@cpu %U %S"; time "$@"';
  const child = spawn('bash', ['-c', script, 'bash', ...command], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      const wallMs = performance.now() - startedMs;
      const [, user = '0', system = '0'] = /@cpu ([\d.]+) ([\d.]+)\s*$/.exec(stderr) ?? [];
      const cpuMs = (Number(user) + Number(system)) * 1000;
      resolve({ code: code ?? 130, stdout, stderr: stderr.replace(/@cpu .*\s*$/, ''), wallMs, cpuMs });
    });
  });
}

/** A client of one centre as the platform engineer; the caller closes it. */
export function engineerAt(cloud: PlanCloud, site: string): KubeClient {
  return createClient(loadKubeconfig(cloud.kubeconfig, site), { component: 'bench' });
}

function departmentsReady(cloud: PlanCloud): Promise<void> {
  return allReady(cloud, resources.department);
}

/** Waits until every object of a kind at the management centre says Ready. */
export async function allReady(cloud: PlanCloud, resource: Resource, timeoutMs = 300_000): Promise<void> {
  const client = engineerAt(cloud, 'hub');
  try {
    for (const deadline = Date.now() + timeoutMs; Date.now() < deadline; ) {
      const { items } = await client.list(resource);
      const waiting = items.filter((item) => !isReady(item));
      if (items.length > 0 && waiting.length === 0) return;
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
    throw new Error(`not all ${resource.plural} are ready`);
  } finally {
    await client.close();
  }
}

function isReady(object: KubeObject): boolean {
  const status = object['status'] as { conditions?: { type: string; status: string }[] } | undefined;
  return status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') === true;
}

/** Decides about the first `count` tenants as the two reviewers; what they decided before stays. */
export async function approveAll(cloud: PlanCloud, count: number): Promise<void> {
  const hub = engineerAt(cloud, 'hub');
  const [paula, frank] = await Promise.all([
    clientOf(cloud, reviewers.project, 'project-office'),
    clientOf(cloud, reviewers.funds, 'treasury'),
  ]);
  try {
    const indexes = Array.from({ length: count }, (_, index) => index);
    const known = new Set((await hub.list(resources.approval)).items.map(({ metadata }) => metadata.name));
    await each(indexes, async (index) => {
      for (const [client, part] of [
        [paula, 'project'],
        [frank, 'funds'],
      ] as const) {
        const approval = benchApproval(index, part);
        if (!known.has(approval.metadata.name)) await client.create(approval, { fieldManager: 'bench' });
      }
    });
  } finally {
    await Promise.all([hub, paula, frank].map((client) => client.close()));
  }
}

/** Puts in the approvals, Grants and objects of the first `count` tenants, whose Tenants are there already. */
export async function seed(cloud: PlanCloud, count: number): Promise<void> {
  await approveAll(cloud, count);
  const hub = engineerAt(cloud, 'hub');
  const asManagement = await asAccount(cloud, 'hub', controllers.management);
  try {
    const tenants = (await hub.list(resources.tenant)).items as unknown as Tenant[];
    const approvals = (await hub.list(resources.approval)).items as unknown as Approval[];
    const grants = (await hub.list(resources.grant)).items as unknown as Grant[];
    const sorted = tenants.toSorted((a, b) => (refOf(a) < refOf(b) ? -1 : 1));
    const granted = decideAll(cloud.cloud, { tenants: sorted, approvals, grants }, Date.now());
    const before = new Map(grants.map(({ metadata }) => [`${metadata.namespace}/${metadata.name}`, metadata]));
    await each(granted, ({ grant }) => writeGrant(asManagement, grant, before));
    for (const site of localSites) {
      const asSite = await asAccount(cloud, site, controllers.site);
      const here = granted.filter((one) => one.site === site);
      await each(here, async ({ steps }) => {
        for (const step of steps) {
          await Promise.all(step.map((object) => asSite.apply(object, { fieldManager: managers.site, force: true })));
        }
      });
      await asSite.close();
    }
  } finally {
    await Promise.all([hub, asManagement].map((client) => client.close()));
  }
}

function writeGrant(
  client: KubeClient,
  grant: KubeObject,
  before: ReadonlyMap<string, Grant['metadata']>,
): Promise<unknown> {
  const options = { fieldManager: managers.management };
  const version = before.get(`${grant.metadata.namespace}/${grant.metadata.name}`)?.resourceVersion;
  if (version === undefined) return client.create(grant, options);
  return client.update({ ...grant, metadata: { ...grant.metadata, resourceVersion: version } }, options);
}

function refOf({ metadata }: Tenant): string {
  return `${metadata.namespace?.slice('dept-'.length)}/${metadata.name}`;
}

/** Runs `work` for all, 64 at a time. */
async function each<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let item = items[next]; item !== undefined; item = items[next]) {
      next += 1;
      await work(item);
    }
  };
  await Promise.all(Array.from({ length: 64 }, worker));
}

async function clientOf(cloud: PlanCloud, user: string, group: string): Promise<KubeClient> {
  const kubeconfig = await writePersonKubeconfig(cloud.dir, { user, groups: [group] });
  return createClient(loadKubeconfig(kubeconfig, 'hub'), { component: 'bench' });
}

async function asAccount(cloud: PlanCloud, site: string, account: string): Promise<KubeClient> {
  const admin = engineerAt(cloud, site);
  try {
    const path = `/api/v1/namespaces/${namespaces.system}/serviceaccounts/${account}/token`;
    const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 7200 } };
    const answer = await admin.request('POST', path, { body });
    const { token } = (JSON.parse(answer.body) as { status: { token: string } }).status;
    const centre = cloud.centres.find(({ name }) => name === site);
    if (centre === undefined) throw new Error(`no centre ${site}`);
    return createClient({ name: site, server: centre.url, ca: centre.ca, token }, { component: 'bench' });
  } finally {
    await admin.close();
  }
}
