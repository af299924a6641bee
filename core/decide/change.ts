import type { Cloud } from '../model/cloud.ts';
import type { Decision, TenantClass } from '../model/fields.ts';
import type { GrantedEnvironment, GrantSpec, GrantStatus } from '../model/grant.ts';
import { entryNamed } from '../model/presets.ts';
import { sortBy } from './expand.ts';
import { hasCopy, hasStandby, type Places } from './placement.ts';
import { coversQuota, formatQuota, minQuota, parseQuota } from './quota-math.ts';

/** A Grant as it is in the management centre. */
export interface ExistingGrant {
  readonly site: string;
  readonly spec: GrantSpec;
  readonly status?: GrantStatus | undefined;
}

/** What a tenant has: its environments with their states, as its active Grant says. */
export interface Current {
  readonly environments: readonly GrantedEnvironment[];
  readonly class: TenantClass;
  readonly generation: number;
  readonly uid: string;
}

/** The Grant that says what a tenant has: the active one, else the first by site. Pure. */
export function leadingGrant(grants: readonly ExistingGrant[]): ExistingGrant | undefined {
  const sorted = sortBy(grants, ({ site }) => site);
  return sorted.find(({ spec }) => spec.role === 'active') ?? sorted[0];
}

/** What a tenant has; undefined when nothing was granted or what was granted is beyond taking back. Pure. */
export function currentOf(grants: readonly ExistingGrant[]): Current | undefined {
  const leading = leadingGrant(grants);
  if (leading === undefined || leading.spec.state === 'Removed') return undefined;
  const { environments, class: tenantClass, tenant } = leading.spec;
  return { environments, class: tenantClass, generation: tenant.generation, uid: tenant.uid };
}

/** Where a tenant is. Pure. */
export function placesOf(grants: readonly ExistingGrant[]): Places {
  const at = (role: GrantSpec['role']) =>
    sortBy(grants, ({ site }) => site).find(({ spec }) => spec.role === role)?.site;
  return { active: at('active'), standby: at('standby'), copy: at('copy') };
}

/** Negative when decision `a` is before `b`, 0 when they are the same. Pure. */
export function compareDecisions(a: Decision, b: Decision): number {
  return a.term - b.term || a.revision - b.revision;
}

/** Whether a site knows a newer decision than its Grant here, or says so: the management centre lost something. Pure. */
export function isBehind({ spec, status }: ExistingGrant): boolean {
  const seen = status?.observedDecision;
  const said = status?.conditions.some(({ type, status: value }) => type === 'ManagementBehind' && value === 'True');
  return said === true || (seen !== undefined && compareDecisions(seen, spec.decision) > 0);
}

/** Whether the site has reported about the Grant as it is now. Pure. */
export function hasReported({ spec, status }: ExistingGrant): boolean {
  const seen = status?.observedDecision;
  return seen !== undefined && compareDecisions(seen, spec.decision) === 0 && status?.observedEpoch === spec.epoch;
}

/** Whether the site says that it has removed the whole tenant. Pure. */
export function reportsRemoved(grant: ExistingGrant): boolean {
  if (grant.spec.state !== 'Removed' || !hasReported(grant)) return false;
  const ready = grant.status?.conditions.find(({ type }) => type === 'Ready');
  const left = grant.status?.environments ?? [];
  return ready?.reason === 'Removed' && left.every(({ reason }) => reason === 'Removed');
}

/** Whether the site says that it has removed one environment. Pure. */
export function reportsEnvironmentRemoved(grant: ExistingGrant, name: string): boolean {
  if (!hasReported(grant)) return false;
  const entry = grant.status?.environments?.find((environment) => environment.name === name);
  return entry === undefined ? grant.spec.role === 'copy' : entry.reason === 'Removed';
}

/** What becomes of a request beside what a tenant has. */
export interface Change {
  /** Some of it is more than the tenant has: it needs approvals, and waits without touching what runs. */
  readonly raises: boolean;
  /** What holds while a raise waits: of each the smaller, by name; nothing new. */
  readonly lowered: readonly GrantedEnvironment[];
  /** Environments that the request leaves out, still there or on their way out, as they are. */
  readonly leftOut: readonly GrantedEnvironment[];
}

/**
 * Compares a request with what a tenant has. An environment on its way out that is asked for again is taken back with
 * what it had; one that is `Removed` is beyond that and counts as new. Pure.
 */
export function compareRequest(
  current: Current | undefined,
  asked: readonly GrantedEnvironment[],
  cloud: Cloud,
): Change {
  const has = new Map((current?.environments ?? []).map((environment) => [environment.name, environment]));
  let raises = false;
  const lowered: GrantedEnvironment[] = [];
  for (const wanted of asked) {
    const now = has.get(wanted.name);
    if (now === undefined || now.state === 'Removed') {
      raises = true;
      continue;
    }
    const held = lowerOf(now, wanted, cloud);
    raises ||= !held.complete;
    lowered.push(held.environment);
  }
  const names = new Set(asked.map(({ name }) => name));
  return { raises, lowered, leftOut: [...has.values()].filter(({ name }) => !names.has(name)) };
}

/** The smaller of what an environment has and what is asked; `complete` when that is all that is asked. */
function lowerOf(now: GrantedEnvironment, asked: GrantedEnvironment, cloud: Cloud) {
  const [hasQuota, wantsQuota] = [parseQuota(now.quota), parseQuota(asked.quota)];
  const quotaFits = coversQuota(hasQuota, wantsQuota);
  const hostnames = asked.hostnames?.filter((name) => now.hostnames?.includes(name)) ?? [];
  const isSame = (a: { destination: string; port: number }) => (b: { destination: string; port: number }) =>
    a.destination === b.destination && a.port === b.port;
  const egress = asked.egress?.filter((wanted) => now.egress?.some(isSame(wanted))) ?? [];
  const tierFits = coversTier(now.tier, asked.tier, cloud);
  const tier = tierFits ? asked.tier : now.tier;
  const objects = quotaFits ? asked.objects : now.objects;
  const zone = now.zone;
  const environment: GrantedEnvironment = {
    name: asked.name,
    state: 'Active',
    quota: formatQuota(minQuota(hasQuota, wantsQuota)),
    ...(objects === undefined ? {} : { objects }),
    ...(zone === undefined ? {} : { zone }),
    ...(tier === undefined ? {} : { tier }),
    ...(hostnames.length > 0 ? { hostnames } : {}),
    ...(egress.length > 0 ? { egress } : {}),
  };
  const complete =
    quotaFits &&
    tierFits &&
    zone === asked.zone &&
    hostnames.length === (asked.hostnames?.length ?? 0) &&
    egress.length === (asked.egress?.length ?? 0);
  return { environment, complete };
}

/** Whether a tier gives nothing, and costs nothing, that the present one does not. */
function coversTier(now: string | undefined, asked: string | undefined, cloud: Cloud): boolean {
  if (asked === undefined || asked === now) return true;
  const price = (tier: string | undefined) =>
    tier === undefined ? 100 : (entryNamed(cloud.tiers, tier)?.pricePercent ?? 100);
  return (
    (!hasStandby(asked, cloud) || hasStandby(now, cloud)) &&
    (!hasCopy(asked, cloud) || hasCopy(now, cloud)) &&
    price(asked) <= price(now)
  );
}

/**
 * Whether removing an environment needs a project approval that leaves it out: of production, the one named `production`
 * and those held or copied elsewhere. Pure.
 */
export function isProtectedRemoval(
  tenantClass: TenantClass,
  { name, tier }: GrantedEnvironment,
  cloud: Pick<Cloud, 'tiers'>,
): boolean {
  return tenantClass === 'production' && (name === 'production' || hasStandby(tier, cloud) || hasCopy(tier, cloud));
}
