import { type DepartmentTree, handedOutAll } from '../decide/allowance.ts';
import { offeredBy } from '../decide/capacity.ts';
import type { Ledger } from '../decide/ledger.ts';
import type { SiteView } from '../decide/placement.ts';
import { type Amounts, isBytes } from '../decide/quota-math.ts';
import { type QuotaField, quotaFields } from '../model/fields.ts';
import { formatQuantity } from '../model/quantity.ts';
import type { Left, LeftOf } from './types.ts';

/**
 * What each department with an allowance has handed out of it; sorted by code. With `before`, the same taken earlier,
 * `usedBefore` comes from there and departments to which nothing happens are left out. Pure.
 */
export function leftOfAllowances(tree: DepartmentTree, ledger: Ledger, before?: readonly LeftOf[]): LeftOf[] {
  const own = (code: string): Amounts => ledger.own(code);
  const all = [...tree.nodes.values()]
    .filter((node) => Object.keys(node.allowance).length > 0)
    .map((node) => leftOf(node.code, node.allowance, handedOutAll(tree, own, node.code)));
  return compared(all, before);
}

/** What each centre with a capacity holds of it, with the share for failover; sorted by name. As leftOfAllowances. Pure. */
export function leftOfCapacities(sites: readonly SiteView[], ledger: Ledger, before?: readonly LeftOf[]): LeftOf[] {
  const all = sites
    .filter(({ spec }) => spec.capacity !== undefined && spec.role === 'local')
    .map(({ name, spec }) => leftOf(name, offeredBy(spec.capacity), ledger.use(name).total));
  return compared(all, before);
}

function leftOf(name: string, limits: Amounts, used: Amounts): LeftOf {
  const resources = quotaFields.flatMap((field): Left[] => {
    const limit = limits[field];
    if (limit === undefined) return [];
    const amount = used[field] ?? 0n;
    const text = shown(field, amount);
    const left = { usedBefore: text, usedAfter: text, leftAfter: shown(field, limit - amount) };
    return [{ resource: field, limit: shown(field, limit), ...left }];
  });
  return { name, resources };
}

function compared(all: readonly LeftOf[], before: readonly LeftOf[] | undefined): LeftOf[] {
  const sorted = [...all].sort((a, b) => (a.name < b.name ? -1 : 1));
  if (before === undefined) return sorted;
  const earlier = new Map(before.map((entry) => [entry.name, entry]));
  return sorted.flatMap((entry) => {
    const was = new Map(earlier.get(entry.name)?.resources.map((left) => [left.resource, left.usedAfter]));
    const resources = entry.resources.map((left) => ({ ...left, usedBefore: was.get(left.resource) ?? '0' }));
    const touched = resources.some((left) => left.usedBefore !== left.usedAfter || left.leftAfter.startsWith('-'));
    return touched ? [{ name: entry.name, resources }] : [];
  });
}

function shown(field: QuotaField, amount: bigint): string {
  const text = formatQuantity(amount < 0n ? -amount : amount, isBytes(field));
  return amount < 0n ? `-${text}` : text;
}
