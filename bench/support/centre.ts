import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { siteAccountName } from '../../core/access/management.ts';
import { binding, controllers, role } from '../../core/access/objects.ts';
import { rulesOf } from '../../core/access/roles.ts';
import { managementCredential, siteManagementCalls } from '../../core/access/site.ts';
import { type Cloud, cloudSpec } from '../../core/model/cloud.ts';
import { crdOf } from '../../core/model/crd.ts';
import { type KindName, kinds } from '../../core/model/kinds.ts';
import { namespaces, siteNamespace } from '../../core/model/names.ts';
import { createClient } from '../../kube/client.ts';
import { isNotFound } from '../../kube/errors.ts';
import type { KubeClient, KubeObject } from '../../kube/types.ts';
import { ensureBinaries } from '../../local/binaries.ts';
import { type Centre, startCentre, stopCentre } from '../../local/centre.ts';
import { centrePaths, centreProcesses } from '../../local/centre-files.ts';
import { issueClientCertificate } from '../../local/kubeconfig.ts';
import { portsOf } from '../../local/ports.ts';
import { phaseOf, platformObjects } from '../../stacks/platform.ts';
import { cityCloud } from '../../test/support/city.ts';
import type { Target } from './plan.ts';

/** The site that a bench centre is; a local one of the small city of the tests. */
export const benchSite = 'east';

/** The one department of the bench, and its groups. */
export const benchDepartment = { name: 'bench', groups: ['bench-admins', 'bench-staff'] } as const;

/** First port of the bench's centres (20 each): `JINHONG_BENCH_PORT`, or 25600: below those of outgoing connections. */
export const basePort = Number(process.env['JINHONG_BENCH_PORT'] ?? 25_600);

/**
 * A real centre (etcd with fsync) with the platform of a site. It plays both sides: its own API server is also its
 * management centre, in `site-east`.
 */
export interface BenchCentre {
  readonly name: string;
  readonly index: number;
  readonly dir: string;
  readonly url: string;
  readonly ca: string;
  /** The administrator, as a client and for the loader. */
  readonly admin: KubeClient;
  readonly adminTarget: Target;
  /** Somebody of the break-glass group, who alone may change the platform's objects in tenants' namespaces. */
  readonly breakGlassTarget: Target;
  /** The site controller's own account, for the loader and for the controller. */
  readonly siteTarget: Target;
  /** Its account in `site-east`, for reports. */
  readonly reportTarget: Target;
  /** pid by name: etcd, kube-apiserver, kube-controller-manager. */
  readonly pids: Readonly<Record<string, number>>;
  readonly auditLog: string;
  /** Ends its processes and removes its folder. */
  readonly stop: () => Promise<void>;
}

/** How to start a centre of the bench. */
export interface BenchCentreOptions {
  /** Number on this machine, for ports. @default 0 */
  readonly index?: number;
  /** etcd with fsync, as production has it. @default true */
  readonly fsync?: boolean;
}

/**
 * The cloud of the bench: the small city of the tests without a capacity, because the bench is not to be refused.
 * A Lease of an hour: the bench stops the controller (SIGSTOP) while it writes Grants, which is no lost Lease here.
 */
export function benchCloud(more: Partial<Cloud> = {}): Cloud {
  const sites = cityCloud.sites.map(({ name, role: siteRole, region, context, wave }) => ({
    name,
    role: siteRole,
    region,
    context,
    wave,
  }));
  return cloudSpec.parse({ ...cityCloud, sites, ...more });
}

const benchTimings = { leaseSeconds: 3600, heartbeatSeconds: 10, resyncSeconds: 86_400 };

/** Starts a centre and installs what `jinhong up` would, without the Deployment. About 8 s. */
export async function startBenchCentre(options: BenchCentreOptions = {}): Promise<BenchCentre> {
  const index = options.index ?? 0;
  const name = `bench${index}`;
  const root = mkdtempSync(join(tmpdir(), 'jinhong-bench-'));
  const dir = join(root, name);
  const stopAll = async (): Promise<void> => {
    await stopCentre(dir, { wipe: true });
    rmSync(root, { recursive: true, force: true });
  };
  try {
    const centre = await startCentre({
      name,
      dir,
      ports: portsOf(basePort, index),
      index: 40 + index,
      binaries: await ensureBinaries(centreProcesses),
      unsafeNoFsync: options.fsync === false,
      tied: true,
    });
    return await furnish(centre, index, stopAll);
  } catch (error) {
    await stopAll();
    throw error;
  }
}

async function furnish(centre: Centre, index: number, stopAll: () => Promise<void>): Promise<BenchCentre> {
  const { url, ca, dir, name } = centre;
  const adminTarget: Target = { server: url, ca, cert: centre.admin.cert, key: centre.admin.key };
  const admin = createClient({ name, ...adminTarget }, { component: 'bench' });
  for (const object of platform()) await applyWhenServed(admin, object);
  const breaker = await issueClientCertificate(dir, { user: 'breaker', groups: [cityCloud.groups.breakGlass] });
  const token = await tokenOf(admin, namespaces.system, controllers.site);
  const reportToken = await tokenOf(admin, siteNamespace(benchSite), siteAccountName);
  const pids = Object.fromEntries(
    Object.entries(centre.state.processes).map(([process, id]) => [process, id?.pid ?? 0]),
  );
  const own: BenchCentre = {
    name,
    index,
    dir,
    url,
    ca,
    admin,
    adminTarget,
    breakGlassTarget: { server: url, ca, cert: breaker.cert, key: breaker.key },
    siteTarget: { server: url, ca, token },
    reportTarget: { server: url, ca, token: reportToken },
    pids,
    auditLog: centrePaths(dir).auditLog,
    async stop() {
      await admin.close();
      await stopAll();
    },
  };
  await joinCentre(own, { server: url, ca });
  return own;
}

/** Writes the credential with which the site reaches its management centre; `way` may lead through a proxy. */
export async function joinCentre(
  centre: BenchCentre,
  way: { readonly server: string; readonly ca: string },
): Promise<void> {
  const secret: KubeObject = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: managementCredential, namespace: namespaces.system },
    stringData: { server: way.server, 'ca.crt': way.ca, token: centre.reportTarget.token ?? '' },
  };
  await centre.admin.apply(secret, { fieldManager: 'bench', force: true });
}

function platform(): KubeObject[] {
  const crds = (Object.keys(kinds) as KindName[]).map((kind) => crdOf(kind) as unknown as KubeObject);
  const cloud = benchCloud();
  const objects = platformObjects({
    cloud,
    site: benchSite,
    image: 'none',
    directory: [],
    crds,
    timings: benchTimings,
  });
  const sorted = objects.filter((object) => object.kind !== 'Deployment').sort((a, b) => phaseOf(a) - phaseOf(b));
  const namespace = siteNamespace(benchSite);
  const account = { name: siteAccountName, namespace };
  return [
    ...sorted,
    // All CRDs: the centre is its own management centre.
    ...crds,
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: account },
    { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: account, spec: {} },
    role(siteAccountName, rulesOf(siteManagementCalls(namespace)).namespaced[0]?.rules ?? [], namespace),
    binding({
      name: siteAccountName,
      namespace,
      role: { kind: 'Role', name: siteAccountName },
      subjects: [{ kind: 'ServiceAccount', ...account }],
    }),
    {
      apiVersion: 'jinhong.dev/v1alpha1',
      kind: 'Department',
      metadata: { name: benchDepartment.name },
      spec: { displayName: 'bench', level: 'city', groups: [...benchDepartment.groups] },
    },
  ];
}

async function applyWhenServed(admin: KubeClient, object: KubeObject): Promise<void> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    try {
      await admin.apply(object, { fieldManager: 'bench', force: true });
      return;
    } catch (error) {
      if (!isNotFound(error) || Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

async function tokenOf(admin: KubeClient, namespace: string, name: string): Promise<string> {
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`;
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 86_400 } };
  const answer = await admin.request('POST', path, { body });
  return (JSON.parse(answer.body) as { status: { token: string } }).status.token;
}
