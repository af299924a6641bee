import { buildTree, type DepartmentTree } from '../decide/allowance.ts';
import { type UndecidedSpec, withoutDecision } from '../decide/assemble.ts';
import { currentOf, type ExistingGrant, leadingGrant } from '../decide/change.ts';
import { decideTenant } from '../decide/decide.ts';
import { expandTenant } from '../decide/expand.ts';
import { entryOf, Ledger } from '../decide/ledger.ts';
import type { SiteView } from '../decide/placement.ts';
import { formatMoney, priceOf } from '../decide/price.ts';
import type { Decided, World } from '../decide/types.ts';
import { orderedSpec, sameValue } from '../desired/index.ts';
import type { Cloud } from '../model/cloud.ts';
import type { DepartmentSpec } from '../model/department.ts';
import type { Approval, HostnameClaim, Tenant } from '../model/kinds.ts';
import { departmentOfNamespace, tenantRef } from '../model/names.ts';
import type { TenantSpec } from '../model/tenant.ts';
import { leftOfAllowances, leftOfCapacities } from './left.ts';
import { expandGrant, type LookUp } from './objects.ts';
import type { EnvironmentPlan, SitePlan, TenantPlan, TenantsPlan } from './types.ts';

/** One request as its author wants it. */
export interface WantedTenant {
  readonly department: string;
  readonly name: string;
  readonly spec: TenantSpec;
}

/** A Grant at the management centre. */
export interface LiveGrant extends ExistingGrant {
  /** `department/tenant` */
  readonly ref: string;
}

/** All that the plan is made from: what is wanted, what the management centre has, and what the centres have. */
export interface PlanInput {
  readonly cloud: Cloud;
  /** Departments after the plan, those of the centre that the folder does not name included. */
  readonly departments: readonly { readonly code: string; readonly spec: DepartmentSpec }[];
  readonly wanted: readonly WantedTenant[];
  /** Refs of live tenants that are to be removed. */
  readonly removed: readonly string[];
  readonly live: readonly Tenant[];
  readonly approvals: readonly Approval[];
  readonly grants: readonly LiveGrant[];
  readonly claims: readonly HostnameClaim[];
  readonly sites: readonly SiteView[];
  /** What a centre has; undefined when it did not answer. */
  readonly lookUp: (site: string) => LookUp | undefined;
  /** Epoch milliseconds. */
  readonly nowMs: number;
}

/**
 * What follows when the wanted requests are applied: the decisions that the management controller would take next, in the
 * order of the refs, and the objects that the site controllers would make of them. Approvals are those there are. Pure.
 */
export function planTenants(input: PlanInput): TenantsPlan {
  const tree = buildTree(input.departments);
  const grants = Map.groupBy(input.grants, (grant) => grant.ref);
  const ledger = new Ledger();
  for (const [ref, list] of grants) ledger.set(ref, entryOf(list));
  const before = { allowances: leftOfAllowances(tree, ledger), capacities: leftOfCapacities(input.sites, ledger) };
  const owners = new Map(
    input.claims.map(({ metadata, spec }) => [metadata.name, tenantRef(spec.tenant.department, spec.tenant.name)]),
  );
  const { cloud, sites, nowMs } = input;
  const world: World = { tree, ledger, sites, cloud, nowMs, ownerOf: (hostname) => owners.get(hostname) };
  const approvals = Map.groupBy(input.approvals, (approval) => approval.metadata.namespace ?? '');
  const tenants = requestsOf(input).map((request): TenantPlan => {
    const existing = grants.get(request.ref) ?? [];
    const decided = decideTenant(
      {
        department: request.department,
        name: request.name,
        tenant: request.after,
        approvals: approvals.get(`dept-${request.department}`) ?? [],
        existing,
      },
      world,
    );
    ledger.set(request.ref, decided.entry);
    for (const hostname of decided.claims.keys()) owners.set(hostname, request.ref);
    return planOne(input, tree, { request, existing, decided });
  });
  return {
    tenants,
    allowances: leftOfAllowances(tree, ledger, before.allowances),
    capacities: leftOfCapacities(input.sites, ledger, before.capacities),
  };
}

/** A request before and after. */
interface Request {
  readonly ref: string;
  readonly department: string;
  readonly name: string;
  readonly change: TenantPlan['change'];
  readonly before: Tenant | undefined;
  readonly after: Tenant;
}

function requestsOf({ wanted, removed, live, nowMs }: PlanInput): Request[] {
  const liveByRef = new Map(live.map((tenant) => [refOfTenant(tenant), tenant]));
  const requests = new Map<string, Request>();
  for (const { department, name, spec } of wanted) {
    const ref = tenantRef(department, name);
    const before = liveByRef.get(ref);
    const same = before !== undefined && sameValue(before.spec, spec);
    const change = before === undefined ? 'create' : same ? 'none' : 'update';
    const after = before === undefined ? newTenant(department, name, spec) : changed(before, spec, same);
    requests.set(ref, { ref, department, name, change, before, after });
  }
  for (const ref of removed) {
    const before = liveByRef.get(ref);
    if (before === undefined || requests.has(ref)) continue;
    const metadata = { ...before.metadata, deletionTimestamp: new Date(nowMs).toISOString() };
    const [department = '', name = ''] = ref.split('/');
    requests.set(ref, { ref, department, name, change: 'remove', before, after: { ...before, metadata } });
  }
  return [...requests.values()].sort((a, b) => (a.ref < b.ref ? -1 : 1));
}

function newTenant(department: string, name: string, spec: TenantSpec): Tenant {
  const metadata = { name, namespace: `dept-${department}`, uid: 'planned', resourceVersion: '0', generation: 1 };
  return {
    apiVersion: 'jinhong.dev/v1alpha1',
    kind: 'Tenant',
    metadata: { ...metadata, creationTimestamp: '1970-01-01T00:00:00Z' },
    spec,
  };
}

function changed(before: Tenant, spec: TenantSpec, same: boolean): Tenant {
  if (same) return before;
  return { ...before, spec, metadata: { ...before.metadata, generation: (before.metadata.generation ?? 1) + 1 } };
}

interface One {
  readonly request: Request;
  readonly existing: readonly LiveGrant[];
  readonly decided: Decided;
}

function planOne(input: PlanInput, tree: DepartmentTree, { request, existing, decided }: One): TenantPlan {
  const { spec } = request.after;
  const node = tree.nodes.get(request.department);
  const asked = expandTenant(spec, node?.spec, input.cloud);
  const current = currentOf(existing)?.environments;
  const gone = request.change === 'remove';
  const sites = decided.grants.map(({ site, spec: grant }): SitePlan => {
    const lookUp = input.lookUp(site);
    const shape = { site, role: grant.role, state: grant.state, known: lookUp !== undefined };
    if (lookUp === undefined) return { ...shape, objects: [] };
    return { ...shape, objects: expandGrant({ grant, cloud: input.cloud, groups: node?.spec.groups, lookUp }) };
  });
  return {
    ref: request.ref,
    department: request.department,
    name: request.name,
    displayName: spec.displayName,
    change: request.change,
    environments: gone ? [] : environmentsOf(spec, asked.environments),
    ...(current === undefined ? {} : { priceBefore: formatMoney(priceOf(current, input.cloud)) }),
    ...(gone || asked.problems.length > 0 ? {} : { priceAfter: formatMoney(priceOf(asked.environments, input.cloud)) }),
    state: decided.verdict?.state ?? leadingGrant(existing)?.spec.state ?? 'Removed',
    reason: decided.verdict?.reason ?? '',
    message: decided.verdict?.message ?? '',
    waits: decided.verdict?.waits ?? [],
    sites,
    decides: !sameGrants(existing, decided),
  };
}

function environmentsOf(
  spec: TenantSpec,
  expanded: readonly (Pick<EnvironmentPlan, 'name' | 'quota'> & {
    zone?: string | undefined;
    tier?: string | undefined;
  })[],
): EnvironmentPlan[] {
  return expanded.map(({ name, quota, zone, tier }) => {
    const written = spec.environments.find((environment) => environment.name === name);
    return {
      name,
      ...(written?.size === undefined ? {} : { size: written.size }),
      ...(written?.service === undefined ? {} : { service: written.service }),
      quota,
      ...(zone === undefined ? {} : { zone }),
      ...(tier === undefined ? {} : { tier }),
    };
  });
}

/** Dates of a removal depend on the moment of the decision, so they are no change by themselves. */
function sameGrants(existing: readonly LiveGrant[], decided: Decided): boolean {
  if (existing.length !== decided.grants.length || decided.finished.length > 0) return false;
  const bySite = new Map(existing.map((grant) => [grant.site, grant.spec]));
  return decided.grants.every(({ site, spec }) => {
    const has = bySite.get(site);
    if (has === undefined) return false;
    const [before, after] = [comparable(withoutDecision(has)), comparable(spec)];
    // Lists are put in order only when they differ as they stand.
    return sameValue(before, after) || sameValue(ordered(before), ordered(after));
  });
}

function comparable(spec: UndecidedSpec): UndecidedSpec {
  return { ...spec, tenant: { ...spec.tenant, generation: 0 } };
}

function ordered(spec: UndecidedSpec): UndecidedSpec {
  return orderedSpec({ ...spec, decision: { term: 1, revision: 1 } });
}

function refOfTenant(tenant: Tenant): string {
  return tenantRef(departmentOfNamespace(tenant.metadata.namespace ?? '') ?? '', tenant.metadata.name);
}
