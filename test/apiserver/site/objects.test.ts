import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Call } from '../../../core/access/call.ts';
import { siteCalls } from '../../../core/access/site.ts';
import { correction, desiredEnvironment, memberRoles, objectNames, policyNames } from '../../../core/desired/index.ts';
import type { GrantSpec } from '../../../core/model/grant.ts';
import { siteNamespace } from '../../../core/model/names.ts';
import { resourceOf, resources } from '../../../kube/resource.ts';
import type { KubeClient, KubeObject, Resource } from '../../../kube/types.ts';
import { uniqueName, until } from '../../support/centre.ts';
import {
  decide,
  find,
  grantSpecOf,
  nextDecision,
  type RunningSite,
  ready,
  readyTenant,
  reported,
  requestsSince,
  type SiteCentre,
  startSite,
  startSiteCentre,
  testCloud,
  testSite,
} from '../../support/site-centre.ts';

let site: SiteCentre;
let admin: KubeClient;
let running: RunningSite | undefined;

beforeAll(async () => {
  site = await startSiteCentre();
  admin = site.admin;
});
afterAll(() => site?.stop());
afterEach(async () => {
  await running?.stop();
  running = undefined;
});

function run(): RunningSite {
  running = startSite(site);
  return running;
}

function wantedOf(spec: GrantSpec): KubeObject[] {
  const environment = spec.environments[0];
  if (environment === undefined) throw new Error('no environment');
  return desiredEnvironment({ grant: spec, environment, mode: 'open', cloud: testCloud() }).steps.flat();
}

describe('a decision becomes objects', () => {
  it('that read back as they were asked for, with nothing left to correct', async () => {
    run();
    const { spec } = await readyTenant(admin);
    for (const object of wantedOf(spec)) {
      const live = await admin.get(resourceOf(object), object.metadata);
      expect(correction(live, object), `${object.kind} ${object.metadata.name}`).toBeUndefined();
    }
  });

  it('in an order that lets no member in before quota, limits and policies are confirmed', async () => {
    const from = Date.now();
    run();
    const { namespace } = await readyTenant(admin);
    const writes = requestsSince(site, from).filter((event) => event.objectRef?.namespace === namespace);
    const kinds = writes.map((event) => event.objectRef?.resource);
    expect(kinds.toSorted()).toEqual([
      'limitranges',
      'namespaces',
      ...Array.from({ length: 5 }, () => 'networkpolicies'),
      'resourcequotas',
      'rolebindings',
      'rolebindings',
      'serviceaccounts',
    ]);
    const bindings = writes.filter((event) => event.objectRef?.resource === 'rolebindings');
    const others = writes.filter((event) => event.objectRef?.resource !== 'rolebindings');
    const firstBinding = Math.min(...bindings.map((event) => Date.parse(event.requestReceivedTimestamp)));
    const lastOther = Math.max(...others.map((event) => Date.parse(event.stageTimestamp)));
    expect(lastOther).toBeLessThanOrEqual(firstBinding);
  });

  it('and nothing is written once all is ready, nor by a controller that starts anew', async () => {
    const first = run();
    await readyTenant(admin);
    await first.stop();
    const from = Date.now();
    run();
    const watched = ['/rolebindings', '/namespaces', `/namespaces/${siteNamespace(testSite)}/grants`];
    await until('the new controller follows everything', () => {
      const watches = requestsSince(site, from, true).filter((event) => event.verb === 'watch');
      return watched.every((path) => watches.some((event) => event.requestURI.includes(`${path}?`)));
    });
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    const writes = requestsSince(site, from).map(({ verb, requestURI }) => `${verb} ${requestURI}`);
    expect(writes.filter((write) => !write.includes('/leases/'))).toEqual([]);
    expect(writes.length, 'heartbeats').toBeGreaterThan(0);
  });
});

type Drift = (namespace: string) => Promise<unknown>;

const merge = (resource: Resource, ref: { namespace?: string; name: string }, body: object): Promise<KubeObject> =>
  admin.patch(resource, ref, body, { type: 'merge', fieldManager: 'someone' });

const replace = async (resource: Resource, ref: { namespace: string; name: string }, body: object): Promise<void> => {
  const { apiVersion, kind, metadata } = await admin.get(resource, ref);
  const made = { apiVersion, kind, metadata: { ...ref, labels: metadata.labels ?? {} }, ...body };
  await until('the changed one is in place', async () => {
    await admin.remove(resource, ref).catch(() => undefined);
    return admin.create(made, { fieldManager: 'someone' }).then(
      () => true,
      () => false,
    );
  });
};

const rbac = 'rbac.authorization.k8s.io';
const everyone = { kind: 'Group', apiGroup: rbac, name: 'everyone' };
const quota = (namespace: string) => ({ namespace, name: objectNames.quota });
const policy = (namespace: string, name: string) => ({ namespace, name });

const drifts: readonly [string, Drift][] = [
  ['a policy is deleted', (ns) => admin.remove(resources.networkPolicy, policy(ns, policyNames.defaultDeny))],
  [
    'a policy gets one more rule',
    (ns) => merge(resources.networkPolicy, policy(ns, policyNames.dns), { spec: { egress: [{}] } }),
  ],
  [
    'a policy loses its labels',
    (ns) =>
      merge(resources.networkPolicy, policy(ns, policyNames.egress), {
        metadata: { labels: { 'app.kubernetes.io/managed-by': null, 'jinhong.dev/tenant': null } },
        spec: { egress: [{}] },
      }),
  ],
  ['a quota is deleted', (ns) => admin.remove(resources.resourceQuota, quota(ns))],
  ['a quota is raised', (ns) => merge(resources.resourceQuota, quota(ns), { spec: { hard: { pods: '900' } } })],
  [
    'a quota is made anew with a scope that empties it',
    (ns) => replace(resources.resourceQuota, quota(ns), { spec: { hard: { pods: '900' }, scopes: ['Terminating'] } }),
  ],
  ['limits are deleted', (ns) => admin.remove(resources.limitRange, { namespace: ns, name: objectNames.limits })],
  ['a binding is deleted', (ns) => admin.remove(resources.roleBinding, { namespace: ns, name: memberRoles.admin })],
  [
    'limits are widened',
    (ns) => merge(resources.limitRange, { namespace: ns, name: objectNames.limits }, { spec: { limits: [] } }),
  ],
  [
    'a token is mounted again',
    (ns) =>
      merge(
        resources.serviceAccount,
        { namespace: ns, name: objectNames.serviceAccount },
        { automountServiceAccountToken: true },
      ),
  ],
  [
    'a binding gets one more subject',
    (ns) => merge(resources.roleBinding, { namespace: ns, name: memberRoles.admin }, { subjects: [everyone] }),
  ],
  [
    'a binding is made anew with another role',
    (ns) =>
      replace(
        resources.roleBinding,
        { namespace: ns, name: memberRoles.view },
        { roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'cluster-admin' }, subjects: [everyone] },
      ),
  ],
  [
    'pod security is lowered',
    (ns) =>
      merge(
        resources.namespace,
        { name: ns },
        { metadata: { labels: { 'pod-security.kubernetes.io/enforce': 'privileged' } } },
      ),
  ],
  [
    'the namespace joins another subtree',
    (ns) => merge(resources.namespace, { name: ns }, { metadata: { labels: { 'ancestor.jinhong.dev/beta': 'true' } } }),
  ],
];

describe('drift is put right within five seconds', () => {
  it.for(drifts)('%s', async ([, drift]) => {
    run();
    const { spec, namespace } = await readyTenant(admin);
    await drift(namespace);
    await until(
      'all is as wanted again',
      async () => {
        for (const object of wantedOf(spec)) {
          const live = await find(admin, resourceOf(object), object.metadata);
          if (live === undefined || correction(live, object) !== undefined) return false;
        }
        return true;
      },
      5_000,
    );
  });

  it('while nothing is touched that belongs to the tenant', async () => {
    run();
    const { namespace } = await readyTenant(admin);
    const own = await admin.create({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: 'own', namespace },
      spec: { podSelector: {}, policyTypes: ['Ingress'], ingress: [{ from: [{ podSelector: {} }] }] },
    } as KubeObject);
    const ref = { namespace, name: policyNames.defaultDeny };
    await admin.remove(resources.networkPolicy, ref);
    await until('the policy is back', () => find(admin, resources.networkPolicy, ref), 5_000);
    const after = await find(admin, resources.networkPolicy, { namespace, name: 'own' });
    expect(after?.metadata.resourceVersion).toBe(own.metadata.resourceVersion);
  });

  it('with one request for one removed object, and no other', async () => {
    run();
    const { namespace } = await readyTenant(admin);
    const ref = { namespace, name: policyNames.dns };
    const fromMs = Date.now();
    await admin.remove(resources.networkPolicy, ref);
    await until('the policy is back', () => find(admin, resources.networkPolicy, ref), 5_000);
    const asked = requestsSince(site, fromMs, true).filter(
      ({ verb, objectRef }) => verb !== 'watch' && objectRef?.namespace === namespace,
    );
    expect(asked.map(({ verb, objectRef }) => `${verb} ${objectRef?.name}`)).toEqual([`patch ${policyNames.dns}`]);
  });
});

describe('what is not ours is left alone', () => {
  it('a namespace of the same name is not taken over: Ready=False ForeignObject names it', async () => {
    run();
    const spec = grantSpecOf('alpha', uniqueName('f'));
    const name = `alpha-${spec.tenant.name}`;
    const ref = { name: `${name}-production` };
    const foreign = await admin.create<KubeObject>({ apiVersion: 'v1', kind: 'Namespace', metadata: ref });
    await decide(admin, spec);
    const grant = await reported(admin, name, ['Ready', 'ForeignObject']);
    expect(grant.status?.environments?.[0]?.message).toContain(`Namespace ${name}-production`);
    const after = await admin.get(resources.namespace, ref);
    expect(after.metadata.labels).toEqual(foreign.metadata.labels);
  });

  it('a foreign object inside the namespace keeps members out until it is gone', async () => {
    const first = run();
    const { spec, name, namespace } = await readyTenant(admin);
    await first.stop();
    const ref = { namespace, name: policyNames.defaultDeny };
    const open = { podSelector: {}, policyTypes: ['Ingress'], ingress: [{}] };
    await admin.remove(resources.networkPolicy, ref);
    const foreign = { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: ref, spec: open };
    await admin.create(foreign as KubeObject);
    const binding = { namespace, name: memberRoles.admin };
    await admin.remove(resources.roleBinding, binding);
    run();
    await reported(admin, name, ['Ready', 'ForeignObject']);
    expect((await find(admin, resources.networkPolicy, ref))?.['spec']).toEqual(open);
    expect(await find(admin, resources.roleBinding, binding)).toBeUndefined();
    await admin.remove(resources.networkPolicy, ref);
    await decide(admin, nextDecision(spec));
    await ready(admin, name, 'Running');
  });
});

describe('rights', () => {
  const nameOf = ({ verb, group, resource, subresource }: Call) =>
    `${verb} ${group === '' ? '' : `${group}/`}${resource}${subresource === undefined ? '' : `/${subresource}`}`;

  it('every call that the controller made was allowed, and every right but the rare ones was used', () => {
    const events = requestsSince(site, 0, true);
    const refused = events.filter((event) => event.responseStatus?.code === 403);
    expect(refused.map((event) => `${event.verb} ${event.requestURI}`)).toEqual([]);
    const used = new Set(
      events.map(({ verb, objectRef }) => {
        const group = objectRef?.apiGroup === undefined ? '' : `${objectRef.apiGroup}/`;
        const subresource = objectRef?.subresource === undefined ? '' : `/${objectRef.subresource}`;
        return `${verb} ${group}${objectRef?.resource}${subresource}`;
      }),
    );
    // A create that is an apply is seen as a patch; nothing is bound by a call of its own.
    const seen = (call: Call) =>
      used.has(nameOf(call)) || (call.verb === 'create' && used.has(nameOf({ ...call, verb: 'patch' })));
    const unused = siteCalls.filter((call) => call.verb !== 'bind' && !seen(call)).map(nameOf);
    // The own Lease is read every some seconds, at times only after these tests; limits only when a cache lags behind.
    const byChance = ['get coordination.k8s.io/leases', 'get limitranges'];
    expect(unused.filter((call) => !byChance.includes(call))).toEqual([
      'get jinhong.dev/grants', // when their list is suddenly empty
      'delete jinhong.dev/grants', // long after a removal
      'delete namespaces', // decisions.test.ts
      'delete networking.k8s.io/networkpolicies', // decisions.test.ts
      'patch secrets', // renewal of the token, link.test.ts
      'update coordination.k8s.io/leases', // election, process.test.ts
    ]);
  });
});
