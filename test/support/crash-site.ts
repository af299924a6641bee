/** The site controller as a process to kill, the lives of tenants at a site, and what must hold there at any moment. */

import { controllers } from '../../core/access/objects.ts';
import type { GrantSpec } from '../../core/model/grant.ts';
import type { Grant } from '../../core/model/kinds.ts';
import { annotations, labels, namespaces, siteNamespace } from '../../core/model/names.ts';
import { isConflict, isNotFound } from '../../kube/errors.ts';
import { resources } from '../../kube/resource.ts';
import type { KubeClient, KubeObject } from '../../kube/types.ts';
import { uniqueName } from './centre.ts';
import { startHistory } from './crash-history.ts';
import type { Invariant, Phase, Scenario, World } from './crash-matrix.ts';
import { createVictim } from './crash-victim.ts';
import {
  decide,
  find,
  grantOf,
  grantSpecOf,
  join,
  nextDecision,
  startSiteCentre,
  testCloud,
  testSite,
  tokenOf,
} from './site-centre.ts';

/** The world, and an administrator to decide with. */
interface SiteWorld extends World {
  readonly admin: KubeClient;
}

/** How long the site keeps what leaves, in seconds. */
const retainSeconds = 1;

const department = 'alpha';
const grantNameOf = (tenant: string) => `${department}-${tenant}`;

/**
 * A centre with the site controller behind a proxy that stands before its own and the management centre's server. With
 * `hurry` the test itself empties a namespace that is being removed: Kubernetes waits five seconds before it begins.
 */
export async function startSiteWorld({ hurry }: { readonly hurry: boolean }): Promise<SiteWorld> {
  const site = await startSiteCentre();
  const { admin, centre } = site;
  const cloud = testCloud({
    retain: { production: `${retainSeconds}s`, other: `${retainSeconds}s` },
    changeBudget: { removalsPerHour: 10_000, roleChangesPerHour: 100_000 },
  });
  // A mirrored Grant whose time is over is forgotten at the next resync.
  const timings = {
    leaseSeconds: 15,
    heartbeatSeconds: 1,
    silentAfterSeconds: 5,
    backoffBaseMs: 50,
    backoffMaxMs: 500,
    resyncSeconds: 1,
  };
  const data = { 'cloud.json': JSON.stringify(cloud), 'timings.json': JSON.stringify(timings) };
  const metadata = { name: 'jinhong-cloud', namespace: namespaces.system };
  await admin.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data }, { fieldManager: 'test', force: true });
  const victim = await createVictim({
    program: 'site',
    site: testSite,
    token: await tokenOf(admin, namespaces.system, controllers.site, 86_400),
    server: centre.url,
    ca: centre.ca,
    admin,
    dir: centre.dir,
  });
  const { server, ca = '' } = victim.proxy.connection;
  await join(admin, { server, ca });
  const history = await startHistory(admin, followed);
  await victim.start();
  const ended = new AbortController();
  const finishing = hurry ? finishNamespaces(admin, ended.signal) : Promise.resolve();
  const stop = async () => {
    await victim.stop();
    ended.abort();
    await finishing;
    await history.stop();
    await site.stop();
  };
  return { admin, victim, history, invariants, shared: [], freshName: () => uniqueName('t'), stop };
}

/** Does at once what the namespace controller of Kubernetes does after its pause: removes the content, then lets go. */
async function finishNamespaces(admin: KubeClient, signal: AbortSignal): Promise<void> {
  const { resourceVersion } = await admin.list(resources.namespace, {});
  const options = { resourceVersion, timeoutSeconds: 7_200, signal };
  for await (const { type, object } of admin.watch<KubeObject>(resources.namespace, options)) {
    const { name, deletionTimestamp } = object.metadata;
    if (type !== 'MODIFIED' || deletionTimestamp === undefined) continue;
    const inside = followed.filter(({ namespaced, kind }) => namespaced && kind !== 'Grant');
    for (const { group, version, plural } of inside) {
      const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
      await admin.request('DELETE', `${root}/namespaces/${name}/${plural}`);
    }
    const body = { ...object, spec: { finalizers: [] } };
    await admin.request('PUT', `/api/v1/namespaces/${name}/finalize`, { body }).catch((error: unknown) => {
      if (!isNotFound(error) && !isConflict(error)) throw error;
    });
  }
}

const followed = [
  resources.grant,
  resources.namespace,
  resources.resourceQuota,
  resources.limitRange,
  resources.networkPolicy,
  resources.serviceAccount,
  resources.roleBinding,
];

/** A tenant that is made, raised and removed to the end. */
export function siteLife(admin: KubeClient): Scenario {
  const { decided, spec, move } = decisions(admin);
  return {
    name: 'site: a tenant from first to last',
    phases: [
      decided('provision', 'Running', (tenant) => spec(tenant)),
      decided('raise', 'Running', (tenant) => move(tenant, raised)),
      decided('retire', 'Retiring', (tenant) =>
        move(tenant, (before) => ({ state: 'Retiring', removeAfter: soon(before) })),
      ),
      decided('remove', 'Removed', (tenant) => move(tenant, () => ({ state: 'Removed' }))),
      forget(admin),
    ],
  };
}

/** A tenant whose standby becomes active with the next epoch, as a failover will decide it. */
export function siteFailover(admin: KubeClient): Scenario {
  const { decided, spec, move } = decisions(admin);
  return {
    name: 'site: a standby that is promoted',
    phases: [
      decided('hold', 'Standby', (tenant) => spec(tenant, { role: 'standby' })),
      decided('promote', 'Running', (tenant) => move(tenant, ({ epoch }) => ({ role: 'active', epoch: epoch + 1 }))),
    ],
  };
}

/** More of everything, one member less, and a second environment. */
function raised({ environments }: GrantSpec): Partial<GrantSpec> {
  const [production] = environments;
  if (production === undefined) throw new Error('no environment');
  const more = { ...production, quota: { ...production.quota, 'requests.cpu': '4', pods: '30' } };
  const { egress: _, hostnames: __, ...plain } = production;
  return { environments: [more, { ...plain, name: 'test' }], members: [{ group: 'alpha-admins', role: 'admin' }] };
}

const soon = (_: GrantSpec) => `${new Date().toISOString().slice(0, 19)}Z`;

/** Decisions as the management controller writes them: role, state and content with the next number. */
function decisions(admin: KubeClient) {
  const last = new Map<string, GrantSpec>();
  const spec = (tenant: string, more: Partial<GrantSpec> = {}) => grantSpecOf(department, tenant, more);
  const move = (tenant: string, change: (before: GrantSpec) => Partial<GrantSpec>): GrantSpec => {
    const before = last.get(tenant);
    if (before === undefined) throw new Error(`nothing was decided about ${tenant}`);
    return nextDecision(before, change(before));
  };
  const decided = (name: string, reason: string, next: (tenant: string) => GrantSpec): Phase => ({
    name,
    async act(tenant) {
      const wanted = next(tenant);
      last.set(tenant, wanted);
      await decide(admin, wanted);
    },
    async done(tenant) {
      const grant = await grantOf(admin, grantNameOf(tenant), 'management');
      return grant !== undefined && readyFor(grant) === reason;
    },
  });
  return { spec, move, decided };
}

/** The reason of Ready, when the site says that it has carried out the Grant as it is now. */
function readyFor({ spec, status }: Grant): string | undefined {
  const ready = status?.conditions.find(({ type }) => type === 'Ready');
  const current = status?.observedDecision?.revision === spec.decision.revision;
  return current && ready?.status === 'True' ? ready.reason : undefined;
}

/** The management centre lets go of the Grant; twice the retention later the mirror does. */
function forget(admin: KubeClient): Phase {
  return {
    name: 'forget',
    act: (tenant) => admin.remove(resources.grant, { namespace: siteNamespace(testSite), name: grantNameOf(tenant) }),
    async done(tenant) {
      const mirror = await find(admin, resources.grant, { namespace: namespaces.grants, name: grantNameOf(tenant) });
      return mirror === undefined;
    },
  };
}

type State = ReadonlyMap<string, KubeObject>;

const mirrorOf = (state: State, { metadata }: KubeObject): Grant | undefined => {
  const marks = metadata.labels ?? {};
  const name = `${marks[labels.department]}-${marks[labels.tenant]}`;
  return state.get(`Grant ${namespaces.grants}/${name}`) as unknown as Grant | undefined;
};

const isMirror = ({ kind, metadata }: KubeObject) => kind === 'Grant' && metadata.namespace === namespaces.grants;

const isTenants = ({ metadata }: KubeObject) => metadata.labels?.[labels.tenant] !== undefined;

const protections = [
  'ResourceQuota NS/jinhong-quota',
  'LimitRange NS/jinhong-limits',
  'NetworkPolicy NS/jinhong-default-deny',
  'NetworkPolicy NS/jinhong-same-environment',
];

const lacking = (state: State, namespace: string) =>
  protections.map((mark) => mark.replace('NS', namespace)).filter((mark) => !state.has(mark));

/** Members come in last: before them stands all that protects the namespace. */
const protectedFirst: Invariant = (state, { type, object }) => {
  if (type === 'DELETED' || object.kind !== 'RoleBinding' || !isTenants(object)) return undefined;
  const namespace = object.metadata.namespace ?? '';
  if (state.get(`Namespace ${namespace}`)?.metadata.deletionTimestamp !== undefined) return undefined;
  const missing = lacking(state, namespace);
  return missing.length === 0 ? undefined : `members enter ${namespace} before ${missing.join(', ')}`;
};

/** Nothing that protects a namespace goes before the namespace itself does. */
const protectedToTheEnd: Invariant = (state, { type, object }) => {
  if (type !== 'DELETED' || !isTenants(object) || object.kind === 'RoleBinding') return undefined;
  const namespace = state.get(`Namespace ${object.metadata.namespace ?? ''}`);
  if (namespace === undefined || !isTenants(namespace)) return undefined;
  if (namespace.metadata.deletionTimestamp !== undefined) return undefined;
  const optional = ['jinhong-zone', 'jinhong-egress'].includes(object.metadata.name);
  return optional ? undefined : `${object.kind} ${object.metadata.namespace}/${object.metadata.name} was removed`;
};

/** A namespace is removed only when the mirror says so and the site has kept it for its own retention. */
const removedWhenDue: Invariant = (state, { object }, before) => {
  const { kind, metadata } = object;
  if (kind !== 'Namespace' || !isTenants(object)) return undefined;
  if (metadata.deletionTimestamp === undefined || before?.metadata.deletionTimestamp !== undefined) return undefined;
  const mirror = mirrorOf(state, object);
  if (mirror?.spec.state !== 'Removed') return `${metadata.name} is removed while its Grant says ${mirror?.spec.state}`;
  const since = mirror.status?.retiringSince ?? 'never';
  const dueMs = Date.parse(since) + retainSeconds * 1000;
  return Date.parse(metadata.deletionTimestamp) >= dueMs
    ? undefined
    : `${metadata.name} is removed early, since ${since}`;
};

/** What the mirror holds only ever moves forward. */
const mirrorForward: Invariant = (_, { type, object }, before) => {
  if (!isMirror(object) || before === undefined) return undefined;
  const [old, now] = [before as unknown as Grant, object as unknown as Grant];
  if (type === 'DELETED') return now.spec.state === 'Removed' ? undefined : `${now.metadata.name} left the mirror`;
  const order =
    now.spec.decision.term - old.spec.decision.term || now.spec.decision.revision - old.spec.decision.revision;
  const backwards = order < 0 || now.spec.epoch < old.spec.epoch;
  const changed = JSON.stringify(now.spec) !== JSON.stringify(old.spec);
  if (backwards || (changed && order === 0)) return `${now.metadata.name} went back to ${now.spec.decision.revision}`;
  const hash = now.metadata.annotations?.[annotations.acceptedSpec];
  return hash === undefined ? `${now.metadata.name} is in the mirror without its hash` : undefined;
};

/** Only an active Grant in force lets Pods start, and members do more than read. */
const openOnlyWhenActive: Invariant = (state, { type, object }, before) => {
  if (type === 'DELETED' || !isTenants(object)) return undefined;
  const pods = (kind?: KubeObject) => (kind?.['spec'] as { hard?: { pods?: string } } | undefined)?.hard?.pods ?? '0';
  const opens =
    (object.kind === 'ResourceQuota' && pods(object) !== '0' && pods(object) !== pods(before)) ||
    (object.kind === 'RoleBinding' && before === undefined && object.metadata.name !== 'jinhong:tenant-view');
  if (!opens) return undefined;
  const spec = mirrorOf(state, object)?.spec;
  const open = spec?.role === 'active' && spec.state === 'Active';
  return open ? undefined : `${object.kind} opens ${object.metadata.namespace} for ${spec?.role} ${spec?.state}`;
};

/** What the site reports as running is all there, at the moment of the report. */
const trueReport: Invariant = (state, { type, object }) => {
  if (type === 'DELETED' || object.kind !== 'Grant' || object.metadata.namespace !== siteNamespace(testSite))
    return undefined;
  const grant = object as unknown as Grant;
  const reason = readyFor(grant);
  if (reason === undefined) return undefined;
  const spaces = grant.spec.environments.map(({ name }) => `${grant.metadata.name}-${name}`);
  if (reason === 'Removed') {
    const left = spaces.filter((space) => state.has(`Namespace ${space}`));
    return left.length === 0 ? undefined : `reported as removed, there is still ${left.join(', ')}`;
  }
  const missing = spaces.flatMap((space) => lacking(state, space));
  return missing.length === 0 ? undefined : `reported as ${reason} without ${missing.join(', ')}`;
};

const invariants: readonly Invariant[] = [
  protectedFirst,
  protectedToTheEnd,
  removedWhenDue,
  mirrorForward,
  openOnlyWhenActive,
  trueReport,
];
