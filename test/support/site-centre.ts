/**
 * One real centre that plays both sides for the site controller: its own centre and, in `site-<name>`, the management
 * centre. The controller acts with two real service accounts that hold exactly the rights of core/access/site.ts.
 */
import { readFileSync } from 'node:fs';
import { Registry } from 'prom-client';
import { readTimings } from '../../controller/cloud-config.ts';
import type { CloudConfig } from '../../controller/deps.ts';
import { createRuntimeMetrics } from '../../controller/metrics.ts';
import { runSite } from '../../controller/site/index.ts';
import { siteAccountName } from '../../core/access/management.ts';
import { binding, controllers, role } from '../../core/access/objects.ts';
import { rulesOf } from '../../core/access/roles.ts';
import { managementCredential, siteManagementCalls } from '../../core/access/site.ts';
import type { Cloud } from '../../core/model/cloud.ts';
import { cloudSpec } from '../../core/model/cloud.ts';
import { crdOf } from '../../core/model/crd.ts';
import type { GrantSpec } from '../../core/model/grant.ts';
import { type Grant, type KindName, kinds } from '../../core/model/kinds.ts';
import { namespaces, siteNamespace } from '../../core/model/names.ts';
import { createClient } from '../../kube/client.ts';
import { systemClock } from '../../kube/clock.ts';
import { loadKubeconfig } from '../../kube/config.ts';
import { ifFound } from '../../kube/errors.ts';
import { resources } from '../../kube/resource.ts';
import { type KubeClient, type KubeObject, type Log, type Resource, silentLog } from '../../kube/types.ts';
import { phaseOf, platformObjects } from '../../stacks/platform.ts';
import { auditLogOf, kubeconfigFor, type OwnCentre, startTestCentre, uniqueName, until } from './centre.ts';
import { cityCloud } from './city.ts';

/** The site that the controller runs at; a local one of the small city. */
export const testSite = 'east';

/** A centre with the platform of a local site, all its rules in force, and a client of the break-glass group. */
export interface SiteCentre {
  readonly centre: OwnCentre;
  readonly admin: KubeClient;
  /** The controller's own account; read its connection anew for each run. */
  readonly token: string;
  readonly stop: () => Promise<void>;
}

/** The small city's cloud with some fields of its own. */
export function testCloud(more: Partial<Cloud> = {}): Cloud {
  return cloudSpec.parse({ ...cityCloud, retain: { production: '2s', other: '2s' }, ...more });
}

/** Starts a centre and installs what `up` would, without the Deployment. */
export async function startSiteCentre(): Promise<SiteCentre> {
  const centre = await startTestCentre({ name: testSite });
  const installer = createClient(loadKubeconfig(centre.kubeconfig, centre.name), { component: 'test' });
  // Admission keeps even an administrator from most of what these tests do to tenants' objects.
  const emergency = await kubeconfigFor([centre], 'breaker', [cityCloud.groups.breakGlass]);
  const admin = createClient(loadKubeconfig(emergency, centre.name), { component: 'test' });
  try {
    for (const object of platform()) await applyWhenServed(installer, object);
    await installer.close();
    const token = await tokenOf(admin, namespaces.system, controllers.site);
    await join(admin, { server: centre.url, ca: centre.ca });
    const stop = async () => {
      await admin.close();
      await centre.stop();
    };
    return { centre, admin, token, stop };
  } catch (error) {
    await installer.close();
    await admin.close();
    await centre.stop();
    throw error;
  }
}

function platform(): KubeObject[] {
  const crds = (Object.keys(kinds) as KindName[]).map((name) => crdOf(name) as unknown as KubeObject);
  const objects = platformObjects({ cloud: testCloud(), site: testSite, image: 'none', directory: [], crds });
  const sorted = objects.filter((object) => object.kind !== 'Deployment').sort((a, b) => phaseOf(a) - phaseOf(b));
  const namespace = siteNamespace(testSite);
  const account = { name: siteAccountName, namespace };
  return [
    ...sorted,
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
    department('alpha', ['alpha-admins', 'alpha-staff', 'alpha-duty']),
    department('beta', ['beta-admins']),
  ];
}

/** A Department as `up` copies it to a site. */
export function department(name: string, groups: readonly string[]): KubeObject {
  const spec = { displayName: name, level: 'city', groups };
  return { apiVersion: 'jinhong.dev/v1alpha1', kind: 'Department', metadata: { name }, spec };
}

async function applyWhenServed(admin: KubeClient, object: KubeObject): Promise<void> {
  await until(`${object.kind} ${object.metadata.name} is applied`, () =>
    ifFound(admin.apply(object, { fieldManager: 'test', force: true })),
  );
}

/** A fresh token of a service account. */
export async function tokenOf(admin: KubeClient, namespace: string, name: string, seconds = 3600): Promise<string> {
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`;
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: seconds } };
  const answer = await admin.request('POST', path, { body });
  return (JSON.parse(answer.body) as { status: { token: string } }).status.token;
}

/** Writes the credential for the management centre, as `site join` does; `way` is how it is reached. */
export async function join(admin: KubeClient, way: { readonly server: string; readonly ca: string }): Promise<void> {
  const token = await tokenOf(admin, siteNamespace(testSite), siteAccountName, 86_400);
  const secret: KubeObject = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: managementCredential, namespace: namespaces.system },
    stringData: { server: way.server, 'ca.crt': way.ca, token },
  };
  await admin.apply(secret, { fieldManager: 'test', force: true });
}

/** A site controller in this process. */
export interface RunningSite {
  readonly stop: () => Promise<void>;
  /** Replaces the cloud that it works by. */
  readonly use: (cloud: Cloud) => void;
}

/** Runs the site controller with its own account, and nothing else of this process's rights. */
export function startSite(site: SiteCentre, options: { cloud?: Cloud; log?: Log } = {}): RunningSite {
  const own = { name: testSite, server: site.centre.url, ca: site.centre.ca, token: site.token };
  const client = createClient(own, { component: 'site' });
  const config = fixedConfig(options.cloud ?? testCloud());
  const controller = runSite({
    site: testSite,
    client,
    config,
    log: options.log ?? silentLog,
    metrics: createRuntimeMetrics(new Registry()),
    clock: systemClock,
    random: Math.random,
    credentialMs: 500,
    connect: (connection) => createClient(connection, { component: 'site', timeoutMs: 5_000 }),
  });
  return {
    use: config.use,
    async stop() {
      await controller.stop();
      await client.close();
    },
  };
}

function fixedConfig(first: Cloud): CloudConfig & { use: (cloud: Cloud) => void } {
  const timings = readTimings('{"heartbeatSeconds":1,"backoffBaseMs":100,"backoffMaxMs":1000}');
  const listeners = new Set<() => void>();
  let cloud = first;
  return {
    current: () => ({ cloud, timings }),
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    use(next) {
      cloud = next;
      for (const listener of listeners) listener();
    },
  };
}

let revision = 100;

/** The same decision with changes and the next number. */
export function nextDecision(spec: GrantSpec, more: Partial<GrantSpec> = {}): GrantSpec {
  revision += 1;
  return { ...spec, decision: { term: spec.decision.term, revision }, ...more };
}

/** A decision with one production environment; later calls have higher numbers. `more` fields win. */
export function grantSpecOf(departmentCode: string, tenant: string, more: Partial<GrantSpec> = {}): GrantSpec {
  revision += 1;
  return {
    tenant: {
      department: departmentCode,
      name: tenant,
      displayName: tenant,
      ancestors: ['cityhall'],
      uid: tenant,
      generation: 1,
    },
    role: 'active',
    epoch: 1,
    decision: { term: 1, revision },
    state: 'Active',
    class: 'production',
    members: [
      { group: `${departmentCode}-admins`, role: 'admin' },
      ...(departmentCode === 'alpha' ? [{ group: 'alpha-staff', role: 'view' as const }] : []),
    ],
    environments: [
      {
        name: 'production',
        state: 'Active',
        quota: { 'requests.cpu': '2', 'requests.memory': '4Gi', 'requests.storage': '10Gi', pods: '20' },
        zone: 'extranet',
        hostnames: ['www.alpha.testcity.example'],
        egress: [{ destination: 'registry', cidrs: ['10.20.0.0/16'], port: 443 }],
      },
    ],
    ...more,
  };
}

/** Writes a decision as the management centre does; resolves with the stored Grant. */
export async function decide(admin: KubeClient, spec: GrantSpec, name?: string): Promise<Grant> {
  const object: KubeObject = {
    apiVersion: 'jinhong.dev/v1alpha1',
    kind: 'Grant',
    metadata: { name: name ?? `${spec.tenant.department}-${spec.tenant.name}`, namespace: siteNamespace(testSite) },
    spec,
  };
  return (await admin.apply(object, { fieldManager: 'jinhong-management', force: true })) as unknown as Grant;
}

/** The Grant as the management centre (`site-<name>`) or the mirror has it; undefined when it is not there. */
export async function grantOf(
  admin: KubeClient,
  name: string,
  where: 'management' | 'mirror',
): Promise<Grant | undefined> {
  const namespace = where === 'mirror' ? namespaces.grants : siteNamespace(testSite);
  return (await ifFound(admin.get(resources.grant, { namespace, name }))) as unknown as Grant | undefined;
}

/** Waits until the management centre's Grant reports `reason` for the condition `type` about its present decision. */
export function reported(admin: KubeClient, name: string, [type, reason]: readonly [string, string]): Promise<Grant> {
  let last: Grant | undefined;
  return until(`${name} reports ${type} ${reason}`, async () => {
    last = await grantOf(admin, name, 'management');
    const found = last?.status?.conditions.some((condition) => condition.type === type && condition.reason === reason);
    return found ? last : undefined;
  }).catch((error: unknown) => {
    throw new Error(`${String(error)}; last status: ${JSON.stringify(last?.status)}`);
  });
}

/** Waits until the Grant is ready for its present decision with this reason. */
export function ready(admin: KubeClient, name: string, reason: string): Promise<Grant> {
  let last: Grant | undefined;
  return until(`${name} is ready: ${reason}`, async () => {
    last = await grantOf(admin, name, 'management');
    const condition = last?.status?.conditions.find(({ type }) => type === 'Ready');
    const current = last?.status?.observedDecision?.revision === last?.spec.decision.revision;
    return current && condition?.status === 'True' && condition.reason === reason ? last : undefined;
  }).catch((error: unknown) => {
    throw new Error(`${String(error)}; last status: ${JSON.stringify(last?.status)}`);
  });
}

/** An object, or undefined when there is none. */
export function find(
  admin: KubeClient,
  resource: Resource,
  ref: { namespace?: string | undefined; name: string },
): Promise<KubeObject | undefined> {
  return ifFound(admin.get(resource, ref));
}

/** Names of the groups that a RoleBinding lets in. */
export function subjectsOf(binding: KubeObject | undefined): string[] {
  return ((binding?.['subjects'] ?? []) as { name: string }[]).map((subject) => subject.name);
}

/** The `hard` limits of a ResourceQuota. */
export function hardOf(quota: KubeObject | undefined): Record<string, string> {
  return ((quota?.['spec'] ?? {}) as { hard?: Record<string, string> }).hard ?? {};
}

/** A new tenant of department `alpha` that is ready; a running site is needed. */
export async function readyTenant(
  admin: KubeClient,
  more: Partial<GrantSpec> = {},
): Promise<{ spec: GrantSpec; name: string; namespace: string }> {
  const spec = grantSpecOf('alpha', uniqueName('t'), more);
  const name = `alpha-${spec.tenant.name}`;
  await decide(admin, spec);
  await ready(admin, name, spec.role === 'standby' ? 'Standby' : 'Running');
  return { spec, name, namespace: `${name}-production` };
}

/** One request of the audit log. */
export interface Audited {
  readonly verb: string;
  readonly requestURI: string;
  readonly user: { readonly username: string };
  readonly objectRef?: {
    readonly apiGroup?: string;
    readonly resource: string;
    readonly namespace?: string;
    readonly name?: string;
    readonly subresource?: string;
  };
  readonly responseStatus?: { readonly code: number };
  readonly requestReceivedTimestamp: string;
  readonly stageTimestamp: string;
}

/** What the controller's two accounts asked for since `fromMs`; reads only when `reads` is set. */
export function requestsSince(site: SiteCentre, fromMs: number, reads = false): Audited[] {
  const accounts = [controllers.site, siteAccountName].flatMap((name) =>
    [namespaces.system, siteNamespace(testSite)].map((namespace) => `system:serviceaccount:${namespace}:${name}`),
  );
  return readFileSync(auditLogOf(site.centre), 'utf8')
    .split('\n')
    .filter((line) => line.includes(controllers.site))
    .map((line) => JSON.parse(line) as Audited)
    .filter((event) => accounts.includes(event.user.username))
    .filter((event) => Date.parse(event.requestReceivedTimestamp) >= fromMs)
    .filter((event) => reads || !['get', 'list', 'watch'].includes(event.verb));
}
