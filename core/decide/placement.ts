import type { Cloud } from '../model/cloud.ts';
import { entryNamed } from '../model/presets.ts';
import type { SiteSpec } from '../model/site.ts';
import { type CapacityOverrun, capacityOverruns, freeShare } from './capacity.ts';
import type { Entry, Ledger } from './ledger.ts';
import { raisedFields } from './quota-math.ts';

/** A centre as placement sees it. */
export interface SiteView {
  readonly name: string;
  readonly spec: SiteSpec;
  /** Heard of lately; a silent centre is the last choice for something new, and no reason to move what is there. */
  readonly reachable: boolean;
}

/** Where a tenant is: at most one centre for each role. */
export interface Places {
  readonly active?: string | undefined;
  readonly standby?: string | undefined;
  readonly copy?: string | undefined;
}

/** Where to place, or why it cannot be. */
export type Placement =
  | { readonly places: Places; readonly overruns: readonly [] }
  | {
      readonly places: undefined;
      readonly missing?: 'local' | 'standby' | 'recovery';
      readonly overruns: readonly CapacityOverrun[];
    };

export interface PlacementInput {
  /** Key of the tenant in the ledger. */
  readonly tenant: string;
  readonly needs: { readonly standby: boolean; readonly copy: boolean };
  /** What the tenant would hold at these places, with all that is still on its way out. */
  readonly entryAt: (places: Places) => Entry | undefined;
  readonly existing: Places;
  readonly sites: readonly SiteView[];
  readonly ledger: Ledger;
}

/** Whether an environment of this tier is held at another local centre. Pure. */
export function hasStandby(tier: string | undefined, cloud: Pick<Cloud, 'tiers'>): boolean {
  return tier !== undefined && entryNamed(cloud.tiers, tier)?.standby === true;
}

/** Whether an environment of this tier is copied to a recovery centre. Pure. */
export function hasCopy(tier: string | undefined, cloud: Pick<Cloud, 'tiers'>): boolean {
  return tier !== undefined && entryNamed(cloud.tiers, tier)?.recovery === true;
}

/**
 * Places a tenant: the primary is the local centre with the largest free share after placing, the standby the same among
 * the other local ones, the copy at a recovery centre (another region before the same). A place that the tenant has
 * already is kept, whatever is free elsewhere: nothing moves by itself, and no place takes a second role, because a centre
 * holds one Grant of a tenant. Ties go by name. When nothing fits, the overruns are those of the best candidate. Pure (the
 * ledger is as before when it returns).
 */
export function place(input: PlacementInput): Placement {
  const { existing, needs } = input;
  const local = byName(input.sites.filter(({ spec }) => spec.role === 'local'));
  const free = local.map(({ name }) => name).filter((name) => name !== existing.standby && name !== existing.copy);
  const primaries = existing.active === undefined ? free : [existing.active];
  if (primaries.length === 0) return { places: undefined, missing: 'local', overruns: [] };
  const candidates = primaries.flatMap((active): Places[] => {
    const others = free.filter((name) => name !== active);
    if (!needs.standby) return [{ active }];
    const standbys = existing.standby === undefined ? others : [existing.standby];
    return standbys.map((standby) => ({ active, standby }));
  });
  if (candidates.length === 0) return { places: undefined, missing: 'standby', overruns: [] };
  const [best] = candidates.map((places) => judge(input, places)).sort(compareJudged);
  if (best === undefined || best.overruns.length > 0) return { places: undefined, overruns: best?.overruns ?? [] };
  const copy = needs.copy ? (existing.copy ?? recoveryFor(input.sites, best.places.active)) : undefined;
  if (needs.copy && copy === undefined) return { places: undefined, missing: 'recovery', overruns: [] };
  return { places: { ...best.places, copy }, overruns: [] };
}

interface Judged {
  readonly places: Places;
  readonly overruns: readonly CapacityOverrun[];
  readonly rank: readonly number[];
}

/** Only what grows at a centre is held against it, so that an overrun of long ago does not stop a change elsewhere. */
function judge(input: PlacementInput, places: Places): Judged {
  const { tenant, sites, ledger } = input;
  const names = [places.active, places.standby].filter((name) => name !== undefined);
  const before = new Map(names.map((name) => [name, ledger.use(name).total]));
  return ledger.try(tenant, input.entryAt(places), (after) => {
    const overruns: CapacityOverrun[] = [];
    const shares: number[] = [];
    for (const name of names) {
      const site = sites.find((known) => known.name === name);
      const use = after.use(name);
      const fields = raisedFields(before.get(name) ?? {}, use.total);
      overruns.push(...capacityOverruns({ name, capacity: site?.spec.capacity }, use, fields));
      shares.push(freeShare(site?.spec.capacity, use));
    }
    const silent = names.filter((name) => !sites.some((site) => site.name === name && site.reachable)).length;
    const silentPrimary = sites.some((site) => site.name === places.active && site.reachable) ? 0 : 1;
    return { places, overruns, rank: [overruns.length, silentPrimary, silent, ...shares.map((share) => -share)] };
  });
}

function compareJudged(a: Judged, b: Judged): number {
  for (const [index, value] of a.rank.entries()) {
    const other = b.rank[index] ?? 0;
    if (value !== other) return value - other;
  }
  const [left, right] = [JSON.stringify(a.places), JSON.stringify(b.places)];
  return left < right ? -1 : left > right ? 1 : 0;
}

function recoveryFor(sites: readonly SiteView[], primary: string | undefined): string | undefined {
  const region = sites.find(({ name }) => name === primary)?.spec.region;
  const recovery = byName(sites.filter(({ spec }) => spec.role === 'recovery'));
  return (recovery.find(({ spec }) => spec.region !== region) ?? recovery[0])?.name;
}

function byName(sites: readonly SiteView[]): SiteView[] {
  return [...sites].sort((a, b) => (a.name < b.name ? -1 : 1));
}
