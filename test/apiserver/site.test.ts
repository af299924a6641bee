import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { confirmConfigMap } from '../../core/access/site.ts';
import { correction, desiredEnvironment, memberRoles, objectNames, policyNames } from '../../core/desired/index.ts';
import type { GrantSpec } from '../../core/model/grant.ts';
import { namespaces, siteNamespace } from '../../core/model/names.ts';
import { isNotFound } from '../../kube/errors.ts';
import { pathOf, resourceOf, resources } from '../../kube/resource.ts';
import type { KubeClient, KubeObject, Resource } from '../../kube/types.ts';
import { uniqueName, until } from '../support/centre.ts';
import {
  decide,
  department,
  grantOf,
  grantSpecOf,
  type RunningSite,
  ready,
  reported,
  requestsSince,
  type SiteCentre,
  startSite,
  startSiteCentre,
  testCloud,
  testSite,
} from '../support/site-centre.ts';

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

function run(options: Parameters<typeof startSite>[1] = {}): RunningSite {
  running = startSite(site, options);
  return running;
}

async function find(resource: Resource, namespace: string, name: string): Promise<KubeObject | undefined> {
  try {
    return await admin.get(resource, { namespace, name });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

function desiredOf(spec: GrantSpec, mode: 'open' | 'readonly' = 'open') {
  const environment = spec.environments[0];
  if (environment === undefined) throw new Error('no environment');
  return desiredEnvironment({ grant: spec, environment, mode, cloud: testCloud() });
}

async function removed(name: string): Promise<void> {
  await admin.remove(resources.grant, { namespace: siteNamespace(testSite), name });
}

/** A tenant that is ready, with the name of its namespace. */
async function tenant(more: Partial<GrantSpec> = {}): Promise<{ spec: GrantSpec; name: string; namespace: string }> {
  const spec = grantSpecOf('alpha', uniqueName('t'), more);
  const name = `alpha-${spec.tenant.name}`;
  await decide(admin, spec);
  await ready(admin, name, spec.role === 'standby' ? 'Standby' : 'Running');
  return { spec, name, namespace: `${name}-production` };
}

describe('a decision becomes objects', () => {
  it('that read back as they were asked for, with nothing left to correct', async () => {
    run();
    const { spec } = await tenant();
    for (const object of desiredOf(spec).steps.flat()) {
      const live = await admin.get(resourceOf(object), object.metadata);
      expect(correction(live, object), `${object.kind} ${object.metadata.name}`).toBeUndefined();
    }
  });

  it('in an order that lets no member in before quota, limits and policies are confirmed', async () => {
    const from = Date.now();
    run();
    const { namespace } = await tenant();
    const writes = requestsSince(site, from).filter((event) => event.objectRef?.namespace === namespace);
    const bindings = writes.filter((event) => event.objectRef?.resource === 'rolebindings');
    const protection = writes.filter(
      (event) => event.objectRef?.resource !== 'rolebindings' && event.objectRef?.resource !== 'namespaces',
    );
    expect(bindings.length).toBe(2);
    const firstBinding = Math.min(...bindings.map((event) => Date.parse(event.requestReceivedTimestamp)));
    const lastProtection = Math.max(...protection.map((event) => Date.parse(event.stageTimestamp)));
    expect(protection.map((event) => event.objectRef?.resource).sort()).toEqual([
      'limitranges',
      'networkpolicies',
      'networkpolicies',
      'networkpolicies',
      'networkpolicies',
      'networkpolicies',
      'resourcequotas',
      'serviceaccounts',
    ]);
    expect(lastProtection).toBeLessThanOrEqual(firstBinding);
  });

  it('each with one request, and nothing is written once all is ready, also over a restart', async () => {
    const from = Date.now();
    const first = run();
    const { namespace } = await tenant();
    const writes = requestsSince(site, from).filter((event) => event.objectRef?.namespace === namespace);
    expect(writes.length).toBe(11);
    await first.stop();
    const restarted = Date.now();
    run();
    await until('the restarted controller has looked at everything', async () => {
      const reads = requestsSince(site, restarted, true);
      return (
        reads.some((event) => event.verb === 'watch' && event.requestURI.includes('/rolebindings')) &&
        reads.some(
          (event) =>
            event.requestURI.includes(`namespaces/${siteNamespace(testSite)}/grants`) && event.verb === 'watch',
        )
      );
    });
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    const rest = requestsSince(site, restarted).filter((event) => event.objectRef?.resource !== 'leases');
    expect(rest).toEqual([]);
  });
});

describe('drift is put right within five seconds', () => {
  const drifts: readonly [string, (namespace: string) => Promise<unknown>][] = [
    [
      'a policy is deleted',
      (namespace) => admin.remove(resources.networkPolicy, { namespace, name: policyNames.defaultDeny }),
    ],
    [
      'a quota is raised',
      (namespace) => merge(resources.resourceQuota, namespace, objectNames.quota, { spec: { hard: { pods: '900' } } }),
    ],
    [
      'a quota gets a scope selector, which would empty it',
      (namespace) =>
        recreate(resources.resourceQuota, namespace, objectNames.quota, (quota) => ({
          ...quota,
          spec: { hard: { pods: '900' }, scopes: ['Terminating'] },
        })),
    ],
    [
      'limits are widened',
      (namespace) => merge(resources.limitRange, namespace, objectNames.limits, { spec: { limits: [] } }),
    ],
    [
      'a policy gets one more rule',
      (namespace) => merge(resources.networkPolicy, namespace, policyNames.dns, { spec: { egress: [{}] } }),
    ],
    [
      'a binding gets one more subject',
      (namespace) =>
        merge(resources.roleBinding, namespace, memberRoles.admin, {
          subjects: [{ kind: 'Group', apiGroup: 'rbac.authorization.k8s.io', name: 'everyone' }],
        }),
    ],
    [
      'a binding is made anew with another role',
      (namespace) =>
        recreate(resources.roleBinding, namespace, memberRoles.view, (bound) => ({
          ...bound,
          roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
        })),
    ],
    [
      'a token is mounted again',
      (namespace) =>
        merge(resources.serviceAccount, namespace, objectNames.serviceAccount, { automountServiceAccountToken: true }),
    ],
    [
      'pod security is lowered',
      (namespace) =>
        merge(resources.namespace, undefined, namespace, {
          metadata: { labels: { 'pod-security.kubernetes.io/enforce': 'privileged' } },
        }),
    ],
    [
      'the namespace joins another subtree',
      (namespace) =>
        merge(resources.namespace, undefined, namespace, {
          metadata: { labels: { 'ancestor.jinhong.dev/beta': 'true' } },
        }),
    ],
    [
      'an object loses its labels',
      (namespace) =>
        merge(resources.networkPolicy, namespace, policyNames.egress, {
          metadata: { labels: { 'app.kubernetes.io/managed-by': null, 'jinhong.dev/tenant': null } },
        }),
    ],
  ];

  it.for(drifts)('%s', async ([, drift]) => {
    run();
    const { spec, namespace } = await tenant();
    await drift(namespace);
    const wanted = desiredOf(spec).steps.flat();
    await until(
      'all is as wanted again',
      async () => {
        for (const object of wanted) {
          const live = await find(resourceOf(object), object.metadata.namespace ?? '', object.metadata.name);
          if (live === undefined || correction(live, object) !== undefined) return false;
        }
        return true;
      },
      5_000,
    );
  });

  it('of which nothing is touched that belongs to the tenant', async () => {
    run();
    const { namespace } = await tenant();
    const own: KubeObject = {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: 'own', namespace },
      spec: { podSelector: {}, policyTypes: ['Ingress'], ingress: [{ from: [{ podSelector: {} }] }] },
    };
    const before = await admin.create(own);
    await admin.remove(resources.networkPolicy, { namespace, name: policyNames.defaultDeny });
    await until('the policy is back', () => find(resources.networkPolicy, namespace, policyNames.defaultDeny), 5_000);
    const after = await find(resources.networkPolicy, namespace, 'own');
    expect(after?.metadata.resourceVersion).toBe(before.metadata.resourceVersion);
  });
});

function merge(resource: Resource, namespace: string | undefined, name: string, body: object): Promise<KubeObject> {
  return admin.patch(resource, { namespace, name }, body, { type: 'merge', fieldManager: 'someone' });
}

async function recreate(
  resource: Resource,
  namespace: string,
  name: string,
  change: (object: KubeObject) => KubeObject,
): Promise<void> {
  const live = await admin.get(resource, { namespace, name });
  const { labels } = live.metadata;
  const { status: _, ...rest } = live;
  const made = change({
    ...rest,
    metadata: { name, namespace, ...(labels === undefined ? {} : { labels }) },
  } as KubeObject);
  await admin.remove(resource, { namespace, name });
  await until('the changed one is in place', async () => {
    const now = await find(resource, namespace, name);
    if (now !== undefined) await admin.remove(resource, { namespace, name });
    return admin.create(made, { fieldManager: 'someone' }).then(
      () => true,
      () => false,
    );
  });
}

describe('what is not ours is left alone', () => {
  it('a namespace of the same name is not taken over: Ready=False ForeignObject names it', async () => {
    run();
    const spec = grantSpecOf('alpha', uniqueName('f'));
    const name = `alpha-${spec.tenant.name}`;
    const foreign = await admin.create({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: `${name}-production` },
    });
    await decide(admin, spec);
    const grant = await reported(admin, name, ['Ready', 'ForeignObject']);
    expect(grant.status?.environments?.[0]?.message).toContain(`Namespace ${name}-production`);
    const after = await admin.get(resources.namespace, { name: `${name}-production` });
    expect(after.metadata.labels).toEqual(foreign.metadata.labels);
  });

  it('a foreign object inside the namespace keeps members out', async () => {
    run();
    const { spec, name, namespace } = await tenant();
    await running?.stop();
    await admin.remove(resources.networkPolicy, { namespace, name: policyNames.defaultDeny });
    const open = { podSelector: {}, policyTypes: ['Ingress'], ingress: [{}] };
    await admin.create({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: policyNames.defaultDeny, namespace },
      spec: open,
    });
    await admin.remove(resources.roleBinding, { namespace, name: memberRoles.admin });
    run();
    await reported(admin, name, ['Ready', 'ForeignObject']);
    const live = await find(resources.networkPolicy, namespace, policyNames.defaultDeny);
    expect(live?.['spec']).toEqual(open);
    expect(await find(resources.roleBinding, namespace, memberRoles.admin)).toBeUndefined();
    await admin.remove(resources.networkPolicy, { namespace, name: policyNames.defaultDeny });
    await decide(admin, { ...spec, decision: { term: 1, revision: spec.decision.revision + 1_000 } });
    await ready(admin, name, 'Running');
  });
});

describe('states of a Grant', () => {
  it('standby: all is in place, no Pod can start, members only look', async () => {
    run();
    const { namespace } = await tenant({ role: 'standby' });
    const quota = await find(resources.resourceQuota, namespace, objectNames.quota);
    expect((quota?.['spec'] as { hard: Record<string, string> }).hard['pods']).toBe('0');
    expect(await find(resources.roleBinding, namespace, memberRoles.admin)).toBeUndefined();
    const view = await find(resources.roleBinding, namespace, memberRoles.view);
    expect((view?.['subjects'] as { name: string }[]).map((subject) => subject.name)).toEqual([
      'alpha-admins',
      'alpha-staff',
    ]);
  });

  it('a standby is promoted with the next epoch', async () => {
    run();
    const { spec, name, namespace } = await tenant({ role: 'standby' });
    await decide(admin, {
      ...spec,
      role: 'active',
      epoch: 2,
      decision: { term: 1, revision: spec.decision.revision + 1_000 },
    });
    await ready(admin, name, 'Running');
    expect(await find(resources.roleBinding, namespace, memberRoles.admin)).toBeDefined();
    const quota = await find(resources.resourceQuota, namespace, objectNames.quota);
    expect((quota?.['spec'] as { hard: Record<string, string> }).hard['pods']).toBe('20');
  });

  it('frozen: what is there is kept, members only look', async () => {
    run();
    const { spec, name, namespace } = await tenant();
    await decide(admin, { ...spec, state: 'Frozen', decision: { term: 1, revision: spec.decision.revision + 1_000 } });
    await ready(admin, name, 'Frozen');
    expect(await find(resources.roleBinding, namespace, memberRoles.admin)).toBeUndefined();
    expect(await find(resources.roleBinding, namespace, memberRoles.view)).toBeDefined();
    const uid = (await admin.get(resources.namespace, { name: namespace })).metadata.uid;
    expect(uid).toBeDefined();
  });

  it('a copy has no namespace', async () => {
    run();
    const spec = grantSpecOf('alpha', uniqueName('c'), { role: 'copy' });
    await decide(admin, spec);
    await ready(admin, `alpha-${spec.tenant.name}`, 'Copied');
    expect(await find(resources.namespace, '', `alpha-${spec.tenant.name}-production`)).toBeUndefined();
  });
});

describe('removal', () => {
  it('deletes the namespace when the decision says Removed and the retention of the site is over, not before', async () => {
    run();
    const { spec, name, namespace } = await tenant();
    const next = (more: Partial<GrantSpec>, step: number) =>
      decide(admin, { ...spec, ...more, decision: { term: 1, revision: spec.decision.revision + step } });
    await next({ state: 'Retiring' }, 1_000);
    await ready(admin, name, 'Retiring');
    const since = (await grantOf(admin, name, 'mirror'))?.status?.retiringSince;
    await next({ state: 'Removed' }, 1_001);
    const removedGrant = await ready(admin, name, 'Removed');
    expect(removedGrant.status?.retiringSince).toBe(since);
    expect(Date.now() - Date.parse(since ?? '')).toBeGreaterThanOrEqual(2_000);
    expect(await find(resources.namespace, '', namespace)).toBeUndefined();
    const audited = requestsSince(site, Date.parse(since ?? '')).filter(
      (event) => event.verb === 'delete' && event.objectRef?.name === namespace,
    );
    expect(audited.length).toBeGreaterThan(0);
    for (const event of audited) {
      expect(Date.parse(event.requestReceivedTimestamp) - Date.parse(since ?? '')).toBeGreaterThanOrEqual(2_000);
    }
    await removed(name);
    await until(
      'the record of the removal is let go of',
      async () => (await grantOf(admin, name, 'mirror')) === undefined,
      20_000,
    ).catch(() => undefined);
  });

  it('a tenant that retires is taken back as it was', async () => {
    run();
    const { spec, name, namespace } = await tenant();
    const uid = (await admin.get(resources.namespace, { name: namespace })).metadata.uid;
    await decide(admin, {
      ...spec,
      state: 'Retiring',
      decision: { term: 1, revision: spec.decision.revision + 1_000 },
    });
    await ready(admin, name, 'Retiring');
    await decide(admin, { ...spec, decision: { term: 1, revision: spec.decision.revision + 1_001 } });
    const back = await ready(admin, name, 'Running');
    expect(back.status?.retiringSince).toBeUndefined();
    expect((await admin.get(resources.namespace, { name: namespace })).metadata.uid).toBe(uid);
    expect(await find(resources.roleBinding, namespace, memberRoles.admin)).toBeDefined();
  });

  it('a finalizer that holds the namespace is reported while it lasts', async () => {
    run();
    const { spec, name, namespace } = await tenant();
    const held = await admin.create({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'held', namespace, finalizers: ['test.example/hold'] },
    });
    await decide(admin, { ...spec, state: 'Removed', decision: { term: 1, revision: spec.decision.revision + 1_000 } });
    const grant = await until(
      'the blocking object is named',
      async () => {
        const now = await reported(admin, name, ['Ready', 'NamespaceTerminating']);
        return now.status?.environments?.[0]?.message?.includes('test.example/hold') ? now : undefined;
      },
      30_000,
    );
    expect(grant.status?.conditions.find((condition) => condition.type === 'Reconciling')?.status).toBe('True');
    await admin.patch(
      resources.configMap,
      { namespace, name: held.metadata.name },
      { metadata: { finalizers: null } },
      { type: 'merge' },
    );
    await ready(admin, name, 'Removed');
  });

  it('a Grant that is missing removes nothing and is reported as Orphaned', async () => {
    run();
    const { name, namespace } = await tenant();
    await removed(name);
    await until('the mirror says Orphaned', async () => {
      const mirror = await grantOf(admin, name, 'mirror');
      return mirror?.status?.conditions.some(({ type, status }) => type === 'Orphaned' && status === 'True');
    });
    await admin.remove(resources.networkPolicy, { namespace, name: policyNames.dns });
    await until('drift is still put right', () => find(resources.networkPolicy, namespace, policyNames.dns), 5_000);
    expect(await find(resources.roleBinding, namespace, memberRoles.admin)).toBeDefined();
  });
});

describe('bounds', () => {
  it('a decision that is not newer changes nothing and says ManagementBehind', async () => {
    run();
    const { spec, name, namespace } = await tenant();
    await decide(admin, { ...spec, state: 'Removed', decision: { term: 1, revision: spec.decision.revision - 50 } });
    await reported(admin, name, ['ManagementBehind', 'ManagementBehind']);
    expect((await grantOf(admin, name, 'mirror'))?.spec.state).toBe('Active');
    expect(await find(resources.roleBinding, namespace, memberRoles.admin)).toBeDefined();
  });

  it('a newer decision of an older epoch changes nothing', async () => {
    run();
    const { spec, name } = await tenant({ epoch: 5 });
    await decide(admin, { ...spec, epoch: 4, role: 'standby', decision: { term: 2, revision: 1 } });
    await reported(admin, name, ['ManagementBehind', 'ManagementBehind']);
    expect((await grantOf(admin, name, 'mirror'))?.spec.role).toBe('active');
  });

  it('a group that the site does not know of the department is not let in, until the directory has it', async () => {
    run();
    const code = `d${uniqueName('x').slice(-6).replaceAll('-', '')}`;
    await admin.apply(department(code, [`${code}-staff`]), { fieldManager: 'test', force: true });
    const spec = grantSpecOf(code, 'app', { members: [{ group: `${code}-admins`, role: 'admin' }] });
    await decide(admin, spec);
    await reported(admin, `${code}-app`, ['Ready', 'GroupNotInDepartment']);
    expect(await find(resources.namespace, '', `${code}-app-production`)).toBeUndefined();
    await admin.apply(department(code, [`${code}-staff`, `${code}-admins`]), { fieldManager: 'test', force: true });
    await ready(admin, `${code}-app`, 'Running');
    await admin.apply(department(code, [`${code}-staff`]), { fieldManager: 'test', force: true });
    await reported(admin, `${code}-app`, ['Ready', 'GroupNotInDepartment']);
    expect(await find(resources.roleBinding, `${code}-app-production`, memberRoles.admin)).toBeUndefined();
  });

  it('more than the site can hold is refused; what was granted stays', async () => {
    run();
    const { spec, name } = await tenant();
    const environments = spec.environments.map((environment) => ({
      ...environment,
      quota: { ...environment.quota, 'requests.cpu': '100000' },
    }));
    await decide(admin, { ...spec, environments, decision: { term: 1, revision: spec.decision.revision + 1_000 } });
    await reported(admin, name, ['Ready', 'OverCapacity']);
    expect((await grantOf(admin, name, 'mirror'))?.spec.environments[0]?.quota['requests.cpu']).toBe('2');
  });

  it('too many removals within an hour wait for a confirmation', async () => {
    const used = testCloud({ changeBudget: { removalsPerHour: 1, roleChangesPerHour: 1000 } });
    const controller = run({
      cloud: testCloud({ changeBudget: { removalsPerHour: 10_000, roleChangesPerHour: 1000 } }),
    });
    const tenants = [await tenant(), await tenant()];
    controller.use(used);
    for (const [index, { spec }] of tenants.entries()) {
      await decide(admin, {
        ...spec,
        state: 'Retiring',
        decision: { term: 1, revision: spec.decision.revision + 1_000 + index },
      });
    }
    const last = tenants[1];
    if (last === undefined) throw new Error('no tenant');
    await until('one waits', async () => {
      const grants = await Promise.all(tenants.map(({ name }) => grantOf(admin, name, 'management')));
      return grants.some((grant) =>
        grant?.status?.conditions.some(({ type, status }) => type === 'AwaitingConfirmation' && status === 'True'),
      );
    });
    const confirmation: KubeObject = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: confirmConfigMap, namespace: namespaces.system },
      data: { until: new Date(Date.now() + 60_000).toISOString() },
    };
    await admin.apply(confirmation, { fieldManager: 'test', force: true });
    for (const { name } of tenants) await ready(admin, name, 'Retiring');
    await admin.remove(resources.configMap, { namespace: namespaces.system, name: confirmConfigMap });
  });

  it('a mirror that someone changed is not acted on, and is put right from the management centre', async () => {
    run();
    const { name, namespace } = await tenant();
    await admin.patch(
      resources.grant,
      { namespace: namespaces.grants, name },
      { spec: { members: [{ group: 'alpha-duty', role: 'admin' }] } },
      { type: 'merge' },
    );
    await until('the mirror is as decided', async () => {
      const mirror = await grantOf(admin, name, 'mirror');
      return mirror?.spec.members.some((member) => member.group === 'alpha-admins');
    });
    const binding = await find(resources.roleBinding, namespace, memberRoles.admin);
    expect((binding?.['subjects'] as { name: string }[]).map((subject) => subject.name)).toEqual(['alpha-admins']);
  });
});

describe('rights', () => {
  it('every call that the controller made was allowed', () => {
    const refused = requestsSince(site, 0, true).filter((event) => event.responseStatus?.code === 403);
    expect(refused.map((event) => `${event.verb} ${event.requestURI}`)).toEqual([]);
  });

  it('the account at the management centre may do nothing outside its own namespace', async () => {
    const path = pathOf(resources.grant, { namespace: 'site-other' });
    const review = {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      spec: {
        user: `system:serviceaccount:${siteNamespace(testSite)}:jinhong-site`,
        resourceAttributes: { group: 'jinhong.dev', resource: 'grants', verb: 'get', namespace: 'site-other' },
      },
    };
    const answer = await admin.request('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', { body: review });
    expect(path).toContain('site-other');
    expect((JSON.parse(answer.body) as { status: { allowed: boolean } }).status.allowed).toBe(false);
  });
});
