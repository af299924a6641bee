import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { confirmConfigMap } from '../../../core/access/site.ts';
import { memberRoles, objectNames, policyNames } from '../../../core/desired/index.ts';
import type { GrantSpec } from '../../../core/model/grant.ts';
import type { Grant } from '../../../core/model/kinds.ts';
import { managers, namespaces, siteNamespace } from '../../../core/model/names.ts';
import { resources } from '../../../kube/resource.ts';
import type { KubeClient, KubeObject } from '../../../kube/types.ts';
import { uniqueName, until } from '../../support/centre.ts';
import {
  decide,
  department,
  find,
  grantOf,
  grantSpecOf,
  hardOf,
  nextDecision,
  type RunningSite,
  ready,
  readyTenant,
  reported,
  requestsSince,
  type SiteCentre,
  startSite,
  startSiteCentre,
  subjectsOf,
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

function run(options: Parameters<typeof startSite>[1] = {}): RunningSite {
  running = startSite(site, options);
  return running;
}

const bindingOf = (namespace: string, role: keyof typeof memberRoles) =>
  find(admin, resources.roleBinding, { namespace, name: memberRoles[role] });
const quotaOf = (namespace: string) => find(admin, resources.resourceQuota, { namespace, name: objectNames.quota });
const holds = (grant: Grant | undefined, type: string) =>
  grant?.status?.conditions.some((condition) => condition.type === type && condition.status === 'True') === true;

describe('states of a Grant', () => {
  it('standby: all is in place, no Pod can start, members only look', async () => {
    run();
    const { namespace } = await readyTenant(admin, { role: 'standby' });
    expect(hardOf(await quotaOf(namespace))['pods']).toBe('0');
    expect(await bindingOf(namespace, 'admin')).toBeUndefined();
    expect(subjectsOf(await bindingOf(namespace, 'view'))).toEqual(['alpha-admins', 'alpha-staff']);
  });

  it('a standby is promoted with the next epoch', async () => {
    run();
    const { spec, name, namespace } = await readyTenant(admin, { role: 'standby' });
    await decide(admin, nextDecision(spec, { role: 'active', epoch: 2 }));
    await ready(admin, name, 'Running');
    expect(subjectsOf(await bindingOf(namespace, 'admin'))).toEqual(['alpha-admins']);
    expect(subjectsOf(await bindingOf(namespace, 'view'))).toEqual(['alpha-staff']);
    expect(hardOf(await quotaOf(namespace))['pods']).toBe('20');
  });

  it('frozen: what is there is kept, members only look', async () => {
    run();
    const { spec, name, namespace } = await readyTenant(admin);
    const { uid } = (await admin.get(resources.namespace, { name: namespace })).metadata;
    await decide(admin, nextDecision(spec, { state: 'Frozen' }));
    await ready(admin, name, 'Frozen');
    expect(await bindingOf(namespace, 'admin')).toBeUndefined();
    expect(subjectsOf(await bindingOf(namespace, 'view'))).toEqual(['alpha-admins', 'alpha-staff']);
    expect((await admin.get(resources.namespace, { name: namespace })).metadata.uid).toBe(uid);
  });

  it('a copy has no namespace', async () => {
    run();
    const spec = grantSpecOf('alpha', uniqueName('c'), { role: 'copy' });
    await decide(admin, spec);
    await ready(admin, `alpha-${spec.tenant.name}`, 'Copied');
    expect(await find(admin, resources.namespace, { name: `alpha-${spec.tenant.name}-production` })).toBeUndefined();
  });

  it('a member group, a policy and an environment that a decision leaves out go, but never the namespace', async () => {
    run();
    const { spec, name, namespace } = await readyTenant(admin);
    const [environment] = spec.environments;
    if (environment === undefined) throw new Error('no environment');
    const { egress: _, ...plain } = environment;
    await decide(
      admin,
      nextDecision(spec, { members: [{ group: 'alpha-staff', role: 'view' }], environments: [plain] }),
    );
    await ready(admin, name, 'Running');
    expect(await bindingOf(namespace, 'admin')).toBeUndefined();
    expect(await find(admin, resources.networkPolicy, { namespace, name: policyNames.egress })).toBeUndefined();
    await decide(admin, nextDecision(spec, { environments: [{ ...plain, name: 'test' }] }));
    await reported(admin, name, ['Ready', 'EnvironmentOrphaned']);
    expect(await find(admin, resources.namespace, { name: namespace })).toBeDefined();
  });
});

describe('a group that leaves', () => {
  const rbac = 'rbac.authorization.k8s.io';
  const group = (of: string) => ({ kind: 'Group', apiGroup: rbac, name: of });
  const own = (metadata: KubeObject['metadata'], subjects: object[]): KubeObject => ({
    apiVersion: `${rbac}/v1`,
    kind: 'RoleBinding',
    metadata,
    roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: memberRoles.view },
    subjects,
  });
  const staffLeaves = (spec: GrantSpec) => nextDecision(spec, { members: [{ group: 'alpha-admins', role: 'admin' }] });
  const mayLook = async (of: string, namespace: string) => {
    const resourceAttributes = { namespace, verb: 'list', resource: 'pods' };
    const body = {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      spec: { user: 'somebody', groups: [of], resourceAttributes },
    };
    const answer = await admin.request('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', { body });
    return (JSON.parse(answer.body) as { status: { allowed: boolean } }).status.allowed;
  };

  it('loses what members bound to it, and what they bound to others stays', async () => {
    run();
    const { spec, name, namespace } = await readyTenant(admin);
    const account = { kind: 'ServiceAccount', namespace, name: 'builder' };
    await admin.create(own({ name: 'staff', namespace }, [group('alpha-staff')]));
    await admin.create(own({ name: 'both', namespace }, [group('alpha-admins'), group('alpha-staff')]));
    await admin.create(own({ name: 'admins', namespace }, [group('alpha-admins'), account]));
    await admin.apply(own({ name: 'signed', namespace }, [group('alpha-staff')]), { fieldManager: managers.site });
    await decide(admin, staffLeaves(spec));
    await ready(admin, name, 'Running');
    const { items } = await admin.list(resources.roleBinding, { namespace });
    expect(items.map(({ metadata }) => metadata.name).sort()).toEqual(['admins', memberRoles.admin]);
  });

  it('has no way in by a binding that a finalizer keeps, removed before or not', async () => {
    run();
    const { spec, name, namespace } = await readyTenant(admin);
    const finalizers = ['test.example/hold'];
    const account = { kind: 'ServiceAccount', namespace, name: 'builder' };
    for (const held of ['kept', 'removed']) {
      await admin.create(own({ name: held, namespace, finalizers }, [group('alpha-staff'), account]));
    }
    await admin.remove(resources.roleBinding, { namespace, name: 'removed' });
    await decide(admin, staffLeaves(spec));
    await ready(admin, name, 'Running');
    expect(await mayLook('alpha-admins', namespace)).toBe(true);
    await until('staff may not look', async () => !(await mayLook('alpha-staff', namespace)), 3_000);
    for (const held of ['kept', 'removed']) {
      const left = await admin.get(resources.roleBinding, { namespace, name: held });
      expect(left.metadata).toMatchObject({ finalizers, deletionTimestamp: expect.any(String) });
    }
  });
});

describe('removal', () => {
  it('deletes the namespace when the decision says Removed and the own retention is over, not before', async () => {
    run();
    const { spec, name, namespace } = await readyTenant(admin);
    await decide(admin, nextDecision(spec, { state: 'Retiring' }));
    await ready(admin, name, 'Retiring');
    const since = (await grantOf(admin, name, 'mirror'))?.status?.retiringSince ?? '';
    await decide(admin, nextDecision(spec, { state: 'Removed' }));
    const gone = await ready(admin, name, 'Removed');
    expect(gone.status?.retiringSince).toBe(since);
    expect(await find(admin, resources.namespace, { name: namespace })).toBeUndefined();
    const deletions = requestsSince(site, Date.parse(since)).filter(
      (event) => event.verb === 'delete' && event.objectRef?.name === namespace,
    );
    expect(deletions.length).toBeGreaterThan(0);
    for (const event of deletions) {
      expect(Date.parse(event.requestReceivedTimestamp) - Date.parse(since)).toBeGreaterThanOrEqual(2_000);
    }
  });

  it('a tenant that retires is taken back as it was', async () => {
    run();
    const { spec, name, namespace } = await readyTenant(admin);
    const { uid } = (await admin.get(resources.namespace, { name: namespace })).metadata;
    await decide(admin, nextDecision(spec, { state: 'Retiring' }));
    await ready(admin, name, 'Retiring');
    await decide(admin, nextDecision(spec));
    const back = await ready(admin, name, 'Running');
    expect(back.status?.retiringSince).toBeUndefined();
    expect((await admin.get(resources.namespace, { name: namespace })).metadata.uid).toBe(uid);
    expect(await bindingOf(namespace, 'admin')).toBeDefined();
  });

  it('what holds the namespace is named while it lasts', async () => {
    run();
    const { spec, name, namespace } = await readyTenant(admin);
    const ref = { name: 'held', namespace };
    const finalizers = ['test.example/hold'];
    await admin.create<KubeObject>({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { ...ref, finalizers } });
    await decide(admin, nextDecision(spec, { state: 'Removed' }));
    const grant = await until(
      'the blocking object is named',
      async () => {
        const now = await grantOf(admin, name, 'management');
        return now?.status?.environments?.[0]?.message?.includes('test.example/hold') === true ? now : undefined;
      },
      30_000,
    );
    expect(grant.status?.environments?.[0]?.reason).toBe('NamespaceTerminating');
    expect(holds(grant, 'Reconciling')).toBe(true);
    await admin.patch(resources.configMap, ref, { metadata: { finalizers: null } }, { type: 'merge' });
    await ready(admin, name, 'Removed');
  });

  it('is remembered as long again, so that an old decision is known as one, and then forgotten without a resync', async () => {
    run();
    // A copy has nothing to be retained, so the management centre lets go of it at once.
    const spec = grantSpecOf('alpha', uniqueName('f'), { role: 'copy' });
    const name = `alpha-${spec.tenant.name}`;
    await decide(admin, spec);
    await ready(admin, name, 'Copied');
    await decide(admin, nextDecision(spec, { state: 'Removed' }));
    const gone = await ready(admin, name, 'Removed');
    await admin.remove(resources.grant, { namespace: siteNamespace(testSite), name });
    await until('the mirror says Orphaned', async () => holds(await grantOf(admin, name, 'mirror'), 'Orphaned'));
    const sinceMs = Date.parse(gone.status?.retiringSince ?? '');
    await until('the mirror is gone', async () => (await grantOf(admin, name, 'mirror')) === undefined, 20_000);
    const [removal] = requestsSince(site, sinceMs).filter(
      ({ verb, objectRef }) =>
        verb === 'delete' && objectRef?.namespace === namespaces.grants && objectRef.name === name,
    );
    expect(Date.parse(removal?.requestReceivedTimestamp ?? '') - sinceMs).toBeGreaterThanOrEqual(4_000);
  });

  it('a Grant that is missing removes nothing: it is Orphaned and goes on being kept', async () => {
    run();
    const { name, namespace } = await readyTenant(admin);
    await admin.remove(resources.grant, { namespace: siteNamespace(testSite), name });
    await until('the mirror says Orphaned', async () => holds(await grantOf(admin, name, 'mirror'), 'Orphaned'));
    const ref = { namespace, name: policyNames.dns };
    await admin.remove(resources.networkPolicy, ref);
    await until('drift is still put right', () => find(admin, resources.networkPolicy, ref), 5_000);
    expect(await bindingOf(namespace, 'admin')).toBeDefined();
  });
});

/** A department of its own with one tenant `app`, and what writes the site's directory of its groups. */
function ownDepartment() {
  const code = `d${uniqueName('x').replaceAll('-', '').slice(-8)}`;
  const directory = (groups: readonly string[]) =>
    admin.apply(department(code, groups), { fieldManager: 'test', force: true });
  return { code, name: `${code}-app`, directory };
}

describe('bounds', () => {
  it('a decision that is not newer changes nothing and says ManagementBehind', async () => {
    run();
    const { spec, name, namespace } = await readyTenant(admin);
    await decide(admin, { ...spec, state: 'Removed', decision: { term: 1, revision: spec.decision.revision - 50 } });
    await reported(admin, name, ['ManagementBehind', 'ManagementBehind']);
    expect((await grantOf(admin, name, 'mirror'))?.spec.state).toBe('Active');
    expect(await bindingOf(namespace, 'admin')).toBeDefined();
  });

  it('a newer decision of an older epoch changes nothing', async () => {
    run();
    const { spec, name } = await readyTenant(admin, { epoch: 5 });
    await decide(admin, { ...spec, epoch: 4, role: 'standby', decision: { term: 2, revision: 1 } });
    await reported(admin, name, ['ManagementBehind', 'ManagementBehind']);
    expect((await grantOf(admin, name, 'mirror'))?.spec.role).toBe('active');
  });

  it('a group enters only while the site itself knows it as one of the department', async () => {
    run();
    const { code, name, directory } = ownDepartment();
    await directory([`${code}-staff`]);
    await decide(admin, grantSpecOf(code, 'app', { members: [{ group: `${code}-admins`, role: 'admin' }] }));
    const refused = await reported(admin, name, ['Ready', 'GroupNotInDepartment']);
    expect(refused.status?.observedDecision).toBeUndefined();
    expect(await find(admin, resources.namespace, { name: `${name}-production` })).toBeUndefined();
    await directory([`${code}-staff`, `${code}-admins`]);
    await ready(admin, name, 'Running');
    expect(subjectsOf(await bindingOf(`${name}-production`, 'admin'))).toEqual([`${code}-admins`]);
    await directory([`${code}-staff`]);
    await reported(admin, name, ['Ready', 'GroupNotInDepartment']);
    expect(await bindingOf(`${name}-production`, 'admin')).toBeUndefined();
  });

  it('a member that has left the directory is bound by no decision, and holds up none until the tenant is gone', async () => {
    run();
    const { code, name, directory } = ownDepartment();
    await directory([`${code}-staff`, `${code}-admins`]);
    const members = (['admins', 'staff'] as const).map((group) => ({
      group: `${code}-${group}`,
      role: 'edit' as const,
    }));
    const spec = grantSpecOf(code, 'app', { members });
    await decide(admin, spec);
    await ready(admin, name, 'Running');
    await directory([`${code}-staff`]);
    await reported(admin, name, ['Ready', 'GroupNotInDepartment']);
    const lookers = members.map(({ group }) => ({ group, role: 'view' as const }));
    await decide(admin, nextDecision(spec, { members: lookers }));
    await until('the decision is carried out, without the group', async () =>
      subjectsOf(await bindingOf(`${name}-production`, 'view')).includes(`${code}-staff`),
    );
    const { items } = await admin.list(resources.roleBinding, { namespace: `${name}-production` });
    expect(items.flatMap(subjectsOf)).toEqual([`${code}-staff`]);
    await decide(admin, nextDecision(spec, { members: lookers, state: 'Removed' }));
    await ready(admin, name, 'Removed');
    expect(await find(admin, resources.namespace, { name: `${name}-production` })).toBeUndefined();
  });

  it('more than the site can hold is refused; what was granted stays', async () => {
    run();
    const { spec, name } = await readyTenant(admin);
    const environments = spec.environments.map((environment) => ({
      ...environment,
      quota: { ...environment.quota, 'requests.cpu': '100000' },
    }));
    await decide(admin, nextDecision(spec, { environments }));
    await reported(admin, name, ['Ready', 'OverCapacity']);
    expect((await grantOf(admin, name, 'mirror'))?.spec.environments[0]?.quota['requests.cpu']).toBe('2');
  });

  it('too many removals within an hour wait for a confirmation, also over a restart', async () => {
    const first = run();
    const tenants = [await readyTenant(admin), await readyTenant(admin)];
    await first.stop();
    const cloud = testCloud({ changeBudget: { removalsPerHour: 1, roleChangesPerHour: 1 } });
    // Removals of the tests before count too; so at least one of the two has to wait.
    const second = run({ cloud });
    for (const { spec } of tenants) await decide(admin, nextDecision(spec, { state: 'Retiring' }));
    const waiting = () => Promise.all(tenants.map(({ name }) => grantOf(admin, name, 'management')));
    await until('one waits', async () => (await waiting()).some((grant) => holds(grant, 'AwaitingConfirmation')));
    await second.stop();
    run({ cloud });
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    const stuck = tenants.filter((_, index) => index >= 0);
    const states = await Promise.all(stuck.map(({ name }) => grantOf(admin, name, 'mirror')));
    expect(states.some((grant) => grant?.spec.state === 'Active')).toBe(true);
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
    const { name, namespace } = await readyTenant(admin);
    const intruder = { spec: { members: [{ group: 'alpha-duty', role: 'admin' }] } };
    await admin.patch(resources.grant, { namespace: namespaces.grants, name }, intruder, { type: 'merge' });
    await until('the mirror is as decided', async () => {
      const mirror = await grantOf(admin, name, 'mirror');
      const groups = mirror?.spec.members.map((member) => member.group);
      return groups?.toSorted().join() === 'alpha-admins,alpha-staff';
    });
    expect(subjectsOf(await bindingOf(namespace, 'admin'))).toEqual(['alpha-admins']);
  });
});

describe('rights', () => {
  it('every call that the controller made was allowed', () => {
    const refused = requestsSince(site, 0, true).filter((event) => event.responseStatus?.code === 403);
    expect(refused.map((event) => `${event.verb} ${event.requestURI}`)).toEqual([]);
  });
});
