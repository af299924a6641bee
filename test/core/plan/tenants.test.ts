import { describe, expect, it } from 'vitest';
import { decideTenant } from '../../../core/decide/decide.ts';
import { desiredEnvironment, type LiveObject } from '../../../core/desired/index.ts';
import type { Approval } from '../../../core/model/kinds.ts';
import type { LookUp } from '../../../core/plan/objects.ts';
import { type LiveGrant, type PlanInput, planTenants } from '../../../core/plan/tenants.ts';
import { bothApprovals, cloud, departments, sites, startMs, tenant, view, world, written } from '../decide/fixture.ts';

const nothing: LookUp = () => undefined;
const request = tenant();
const input = (more: Partial<PlanInput> = {}): PlanInput => ({
  cloud,
  departments,
  wanted: [{ department: 'water', name: 'meters', spec: request.spec }],
  removed: [],
  live: [],
  approvals: [],
  grants: [],
  claims: [],
  sites,
  lookUp: () => nothing,
  nowMs: startMs,
  ...more,
});
const approvals: readonly Approval[] = bothApprovals();

/** The Grants of the approved request, as the management controller writes them. */
function granted(): LiveGrant[] {
  const decided = decideTenant(view({ tenant: request, approvals }), world());
  return written(decided).map((grant) => ({ ...grant, ref: 'water/meters' }));
}

/** What the site controllers have made of Grants. */
function lookUpOf(grants: readonly LiveGrant[]): (site: string) => LookUp {
  return (name) => {
    const objects = grants
      .filter(({ site, spec }) => site === name && spec.role !== 'copy')
      .flatMap(({ spec }) =>
        spec.environments.flatMap((environment) =>
          desiredEnvironment({
            grant: spec,
            environment,
            mode: spec.role === 'active' ? 'open' : 'readonly',
            cloud,
          }).steps.flat(),
        ),
      ) as LiveObject[];
    return (kind, namespace, objectName) =>
      objects.find(
        (object) =>
          object.kind === kind && object.metadata.name === objectName && object.metadata.namespace === namespace,
      );
  };
}

describe('the plan of tenants', () => {
  it('says of a new request what it stands for, what it costs and who decides, before anything is granted', () => {
    const [planned] = planTenants(input()).tenants;
    expect(planned).toMatchObject({ change: 'create', state: 'Waiting', decides: false, sites: [] });
    expect(planned?.waits.map(({ group }) => group).sort()).toEqual(['city-funds', 'city-project']);
    expect(planned?.environments[0]?.quota['requests.cpu']).toBeDefined();
    expect(planned?.priceAfter).toMatch(/^[0-9]+\.[0-9]{2}$/);
  });

  it('lists the objects at every centre once it is approved', () => {
    const [planned] = planTenants(input({ live: [request], approvals })).tenants;
    expect(planned).toMatchObject({ change: 'none', decides: true, state: 'Active' });
    const active = planned?.sites.find(({ role }) => role === 'active');
    expect(active?.objects[0]).toMatchObject({ change: 'create', kind: 'Namespace' });
    const kinds = new Set(active?.objects.map(({ kind }) => kind));
    expect([...kinds]).toEqual(expect.arrayContaining(['ResourceQuota', 'LimitRange', 'NetworkPolicy', 'RoleBinding']));
  });

  it('finds nothing to do when everything is as the controllers left it', () => {
    const grants = granted();
    const plan = planTenants(input({ live: [request], approvals, grants, lookUp: lookUpOf(grants) }));
    expect(plan.tenants[0]).toMatchObject({ change: 'none', decides: false });
    expect(plan.tenants[0]?.sites.flatMap(({ objects }) => objects)).toEqual([]);
    expect(plan.allowances).toEqual([]);
    expect(plan.capacities).toEqual([]);
  });

  it('names the one object that a change of quota touches, and what is left then', () => {
    const grants = granted();
    const spec = {
      ...request.spec,
      environments: request.spec.environments.map((one) => ({ ...one, quota: { pods: '3' } })),
    };
    const wanted = [{ department: 'water', name: 'meters', spec }];
    const plan = planTenants(input({ wanted, live: [request], approvals, grants, lookUp: lookUpOf(grants) }));
    expect(plan.tenants[0]).toMatchObject({ change: 'update', decides: true });
    const touched = plan.tenants[0]?.sites.flatMap(({ objects }) => objects) ?? [];
    expect(touched.length).toBeGreaterThan(0);
    expect([...new Set(touched.map(({ kind, change }) => `${change} ${kind}`))]).toEqual(['update ResourceQuota']);
    expect(
      plan.capacities.flatMap(({ resources }) => resources).find(({ resource }) => resource === 'pods'),
    ).toBeDefined();
  });

  it('puts what somebody removed by hand back', () => {
    const grants = granted();
    const without: (site: string) => LookUp = (site) => (kind, namespace, name) =>
      kind === 'NetworkPolicy' ? undefined : lookUpOf(grants)(site)(kind, namespace, name);
    const plan = planTenants(input({ live: [request], approvals, grants, lookUp: without }));
    const touched = plan.tenants[0]?.sites.flatMap(({ objects }) => objects) ?? [];
    expect([...new Set(touched.map(({ kind, change }) => `${change} ${kind}`))]).toEqual(['create NetworkPolicy']);
  });

  it('says that it does not know what is at a centre that did not answer', () => {
    const plan = planTenants(input({ live: [request], approvals, lookUp: () => undefined }));
    expect(plan.tenants[0]?.sites.every(({ known, objects }) => !known && objects.length === 0)).toBe(true);
  });

  it('keeps a removed production tenant until its removal is approved', () => {
    const grants = granted();
    const plan = planTenants(input({ wanted: [], removed: ['water/meters'], live: [request], approvals, grants }));
    expect(plan.tenants[0]).toMatchObject({ change: 'remove', decides: false });
    expect(plan.tenants[0]?.waits.map(({ part }) => part)).toEqual(['removal']);
  });

  it('leaves tenants alone that the folder neither names nor removes', () => {
    expect(planTenants(input({ wanted: [], live: [request] })).tenants).toEqual([]);
  });
});
