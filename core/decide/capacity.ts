import type { Quota, QuotaField } from '../model/fields.ts';
import type { SiteUse } from './ledger.ts';
import { type Amounts, parseQuota, substance } from './quota-math.ts';

/** A centre that would hold more than it can. */
export interface CapacityOverrun {
  readonly site: string;
  readonly field: QuotaField;
  readonly asked: bigint;
  readonly allowed: bigint;
  /** The site's capacity does not name the resource at all. */
  readonly unnamed: boolean;
}

/**
 * What a centre offers: a resource of substance that its capacity does not name is not offered (zero), so that a
 * forgotten line never becomes an unlimited one. Limits (`limits.cpu`, `limits.memory`) bound bursts and hold nothing,
 * so they count only where the capacity names them. Pure.
 */
export function offeredBy(capacity: Quota | undefined): Amounts {
  const named = parseQuota(capacity);
  const zeros = Object.fromEntries(substance.map((field) => [field, 0n])) as Amounts;
  return { ...zeros, ...named };
}

/** Where a centre's use (active, share held for failover, reserved) is above its capacity, for the named resources. Pure. */
export function capacityOverruns(
  site: { readonly name: string; readonly capacity?: Quota | undefined },
  use: SiteUse,
  fields: readonly QuotaField[],
): CapacityOverrun[] {
  const offered = offeredBy(site.capacity);
  return fields.flatMap((field) => {
    const allowed = offered[field];
    const asked = use.total[field] ?? 0n;
    if (allowed === undefined || asked <= allowed) return [];
    return [{ site: site.name, field, asked, allowed, unnamed: site.capacity?.[field] === undefined }];
  });
}

/**
 * The smallest share over all resources of substance that no tenant holds, in millionths of the capacity; negative when
 * overrun. What is only reserved is left out: it decides whether something fits, not where it goes, so that a process that
 * died over a decision does not turn it around. A centre without capacity for a resource that nobody uses there is not
 * judged by it. Pure.
 */
export function freeShare(capacity: Quota | undefined, use: SiteUse): number {
  const offered = offeredBy(capacity);
  let smallest = 1_000_000;
  for (const field of substance) {
    const all = offered[field] ?? 0n;
    const used = use.granted[field] ?? 0n;
    if (all === 0n && used === 0n) continue;
    const share = all === 0n ? -1_000_000 : Number(((all - used) * 1_000_000n) / all);
    smallest = Math.min(smallest, share);
  }
  return smallest;
}
