import { type Amounts, subtractAmounts, sumAmounts } from '../../core/decide/quota-math.ts';
import { type BudgetedChange, usedBy } from '../../core/desired/index.ts';
import type { GrantSpec } from '../../core/model/grant.ts';
import type { Grant } from '../../core/model/kinds.ts';
import { annotations } from '../../core/model/names.ts';

/**
 * Sums over all mirrored Grants, kept up with each change of one of them: what a new decision is judged by must not cost
 * more the more tenants a site has.
 */
export interface Totals {
  /** The mirrored Grant of this name is now as given; undefined when there is none any more. */
  set(name: string, grant: Grant | undefined): void;
  /** What all Grants but these take of the site's capacity. */
  usedWithout(names: Iterable<string>): Amounts;
  /** Grants with a change of this kind that was accepted at `sinceMs` or later, in epoch milliseconds. */
  changedSince(change: BudgetedChange, sinceMs: number): string[];
}

/** When changes were accepted, in epoch milliseconds; NaN for never. */
interface Marks {
  readonly removalMs: number;
  readonly roleChangeMs: number;
}

/** Sums of no Grant yet. */
export function createTotals(): Totals {
  /** What each takes is counted again when it goes: kept amounts would be memory for every Grant. */
  const known = new Map<string, GrantSpec>();
  const used = (name: string): Amounts => {
    const spec = known.get(name);
    return spec === undefined ? {} : usedBy(spec);
  };
  /** Only those that have a mark: few have. */
  const marked = new Map<string, Marks>();
  let total: Amounts = {};

  return {
    set(name, grant) {
      if (known.has(name)) total = subtractAmounts(total, used(name));
      known.delete(name);
      marked.delete(name);
      if (grant === undefined) return;
      total = sumAmounts([total, usedBy(grant.spec)]);
      known.set(name, grant.spec);
      const { removalAcceptedAt, roleChangeAcceptedAt } = annotations;
      const marks = grant.metadata.annotations ?? {};
      const removalMs = Date.parse(marks[removalAcceptedAt] ?? '');
      const roleChangeMs = Date.parse(marks[roleChangeAcceptedAt] ?? '');
      if (removalMs > 0 || roleChangeMs > 0) marked.set(name, { removalMs, roleChangeMs });
    },
    usedWithout(names) {
      let left = total;
      for (const name of new Set(names)) left = subtractAmounts(left, used(name));
      return left;
    },
    changedSince(change, sinceMs) {
      const at = change === 'removal' ? 'removalMs' : 'roleChangeMs';
      return [...marked].filter(([, marks]) => marks[at] >= sinceMs).map(([name]) => name);
    },
  };
}
