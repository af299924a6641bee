import type { Cloud } from '../model/cloud.ts';
import type { Member, TenantClass } from '../model/fields.ts';
import type { GrantedEnvironment, GrantSpec } from '../model/grant.ts';
import { type ExistingGrant, reportsEnvironmentRemoved, reportsRemoved } from './change.ts';
import { sortBy } from './expand.ts';
import { hasCopy, hasStandby, type Places } from './placement.ts';

/** A Grant's spec before it has its decision number. */
export type UndecidedSpec = Omit<GrantSpec, 'decision'>;

/** What is to be at one site. */
export interface PlannedGrant {
  readonly site: string;
  readonly spec: UndecidedSpec;
}

/** What all Grants of a tenant share. */
export interface Common {
  readonly tenant: GrantSpec['tenant'];
  readonly class: TenantClass;
  readonly members: readonly Member[];
  readonly state: 'Active' | 'Frozen';
  readonly epoch: number;
}

export interface AssembleInput {
  readonly common: Common;
  /** What the tenant is to have, all `Active`; empty: all of it is to go. */
  readonly environments: readonly GrantedEnvironment[];
  readonly places: Places;
  readonly existing: readonly ExistingGrant[];
  readonly cloud: Pick<Cloud, 'tiers'>;
  readonly nowMs: number;
  /** When something that is to go now may be removed at the earliest. */
  readonly removeAfterMs: number;
}

/** The Grants of a tenant, and the sites whose Grant has done its work and can be deleted; both sorted by site. */
export interface Assembled {
  readonly grants: readonly PlannedGrant[];
  readonly finished: readonly string[];
}

/**
 * The Grants that put a decision into effect. At the primary all environments, at the standby and the recovery centre
 * those whose protection tier says so. What a Grant holds and the decision does not is never left out: it becomes
 * `Retiring`, then after its date `Removed`, and is dropped when the site says that it is gone. Pure.
 */
export function assemble(input: AssembleInput): Assembled {
  const { places, cloud, environments } = input;
  const wanted = new Map<string, { role: GrantSpec['role']; environments: GrantedEnvironment[] }>();
  const want = (site: string | undefined, role: GrantSpec['role'], list: GrantedEnvironment[]) => {
    if (site !== undefined && list.length > 0) wanted.set(site, { role, environments: list });
  };
  want(places.active, 'active', [...environments]);
  want(
    places.standby,
    'standby',
    environments.filter(({ tier }) => hasStandby(tier, cloud)),
  );
  want(
    places.copy,
    'copy',
    environments.filter(({ tier }) => hasCopy(tier, cloud)),
  );
  const sites = new Set([...wanted.keys(), ...input.existing.map(({ site }) => site)]);
  const grants: PlannedGrant[] = [];
  const finished: string[] = [];
  for (const site of [...sites].sort()) {
    const old = input.existing.find((grant) => grant.site === site);
    if (old !== undefined && reportsRemoved(old)) finished.push(site);
    else {
      const spec = old?.spec.state === 'Removed' ? withoutDecision(old.spec) : specAt(input, wanted.get(site), old);
      if (spec !== undefined) grants.push({ site, spec });
    }
  }
  return { grants, finished };
}

function specAt(
  input: AssembleInput,
  wanted: { role: GrantSpec['role']; environments: GrantedEnvironment[] } | undefined,
  old: ExistingGrant | undefined,
): UndecidedSpec | undefined {
  if (wanted === undefined) return old === undefined ? undefined : leaving(input, old);
  const { common } = input;
  const names = new Set(wanted.environments.map(({ name }) => name));
  const beyond = old?.spec.environments.filter(({ state }) => state === 'Removed').map(({ name }) => name) ?? [];
  const kept = (old?.spec.environments ?? []).flatMap((environment) =>
    names.has(environment.name) && environment.state !== 'Removed' ? [] : stepOut(input, old, environment),
  );
  const present = wanted.environments.filter(({ name }) => !beyond.includes(name));
  return {
    tenant: common.tenant,
    role: wanted.role,
    epoch: common.epoch,
    state: common.state,
    class: common.class,
    members: [...common.members],
    environments: sortBy([...present, ...kept], ({ name }) => name),
  };
}

/** One environment a step further on its way out; none when it is gone. */
function stepOut(
  { nowMs, removeAfterMs }: AssembleInput,
  old: ExistingGrant | undefined,
  environment: GrantedEnvironment,
): GrantedEnvironment[] {
  if (environment.state === 'Active') {
    return [{ ...environment, state: 'Retiring', removeAfter: isoTime(removeAfterMs) }];
  }
  if (environment.state === 'Removed') {
    return old !== undefined && reportsEnvironmentRemoved(old, environment.name) ? [] : [environment];
  }
  return [isDue(environment.removeAfter, nowMs) ? { ...environment, state: 'Removed' } : environment];
}

/** A whole Grant a step further on its way out. What is in it stays as it is, so that it can be taken back whole. */
function leaving(input: AssembleInput, old: ExistingGrant): UndecidedSpec {
  const { nowMs, removeAfterMs, common } = input;
  const before = withoutDecision(old.spec);
  const base = { ...before, tenant: common.tenant, members: [...common.members] };
  if (old.spec.state !== 'Retiring') return { ...base, state: 'Retiring', removeAfter: isoTime(removeAfterMs) };
  return isDue(old.spec.removeAfter, nowMs) ? { ...base, state: 'Removed' } : base;
}

function isDue(removeAfter: string | undefined, nowMs: number): boolean {
  return removeAfter !== undefined && nowMs >= Date.parse(removeAfter);
}

/** A spec without its decision number. Pure. */
export function withoutDecision(spec: GrantSpec): UndecidedSpec {
  const { decision: _, ...rest } = spec;
  return rest;
}

/** Epoch milliseconds as ISO 8601 UTC without fractions. Pure. */
export function isoTime(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 19)}Z`;
}
