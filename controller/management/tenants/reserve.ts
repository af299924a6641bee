import { handedOutAll } from '../../../core/decide/allowance.ts';
import type { Ledger } from '../../../core/decide/ledger.ts';
import {
  type Amounts,
  formatQuota,
  maxAmounts,
  parseQuota,
  raisedFields,
  subtractAmounts,
} from '../../../core/decide/quota-math.ts';
import type { DepartmentStatus } from '../../../core/model/department.ts';
import { type QuotaField, quotaFields } from '../../../core/model/fields.ts';
import type { SiteStatus } from '../../../core/model/site.ts';
import { type ManagementContext, treeOf, updateStatus } from '../context.ts';

/**
 * `status.reserved` of Sites and Departments: what is promised there.
 *
 * Scenario: a process decides, is stopped for a minute, and goes on; meanwhile another one leads and decides too. Whoever
 * raises writes the new sum here first, guarded by resourceVersion. So the second of the two gets a conflict before it has
 * written any Grant, looks again, and finds the capacity taken.
 */
type Status = (SiteStatus & { readonly features?: unknown }) | DepartmentStatus;

/** One Site or Department with its sum. */
interface Account {
  readonly kind: 'site' | 'department';
  readonly name: string;
  readonly reserved: Amounts;
  readonly due: Amounts;
}

function accounts(ctx: ManagementContext, ledger: Ledger): Account[] {
  const tree = treeOf(ctx.caches);
  const sites = ctx.caches.site.list().map(({ metadata: { name }, status }): Account => {
    return { kind: 'site', name, reserved: parseQuota(status?.reserved), due: nonZero(ledger.use(name).total) };
  });
  const departments = ctx.caches.department.list().map(({ metadata: { name }, status }): Account => {
    const due = nonZero(handedOutAll(tree, (code) => ledger.own(code), name));
    return { kind: 'department', name, reserved: parseQuota(status?.reserved), due };
  });
  return [...sites, ...departments];
}

/**
 * Raises the reservations to what the ledger holds; nothing is lowered. Before the Grants are written.
 * @throws conflict when someone else reserved in between: then nothing may be committed
 */
export async function reserve(ctx: ManagementContext, ledger: Ledger): Promise<void> {
  const raised = accounts(ctx, ledger).filter(({ reserved, due }) => raisedFields(reserved, due).length > 0);
  await Promise.all(raised.map((account) => write(ctx, account, maxAmounts(account.reserved, account.due))));
}

/** Brings the reservations to exactly what the ledger holds. After the Grants are written. True when any was lowered. */
export async function settle(ctx: ManagementContext, ledger: Ledger): Promise<boolean> {
  const differing = accounts(ctx, ledger).filter(
    ({ reserved, due }) => raisedFields(reserved, due).length > 0 || raisedFields(due, reserved).length > 0,
  );
  await Promise.all(differing.map((account) => write(ctx, account, account.due)));
  return differing.some(({ reserved, due }) => raisedFields(due, reserved).length > 0);
}

async function write(ctx: ManagementContext, { kind, name }: Account, amounts: Amounts): Promise<void> {
  const reserved = formatQuota(amounts);
  const change = <S extends Status>(status: S | undefined) =>
    ({ observedGeneration: 0, conditions: [], ...status, reserved }) as unknown as S;
  if (kind === 'site') await updateStatus(ctx, ctx.caches.site, name, change<SiteStatus>);
  else await updateStatus(ctx, ctx.caches.department, name, change<DepartmentStatus>);
}

/** Key under which the reservation of another process for a department stands in the ledger; no tenant has such a name. */
const foreignKey = (department: string) => `!${department}`;

/**
 * Puts into the ledger what is reserved and no Grant accounts for: another process may be about to write it. It counts
 * as used until `releaseForeign`, which is due when that process must have lost its Lease. True when there is any.
 */
export function countForeign(ctx: ManagementContext, ledger: Ledger): boolean {
  let found = false;
  for (const { kind, name, reserved, due } of accounts(ctx, ledger)) {
    const extra = positive(subtractAmounts(reserved, due));
    if (Object.keys(extra).length === 0) continue;
    found = true;
    if (kind === 'site') ledger.reserve(name, extra);
    else ledger.set(foreignKey(name), { department: name, total: extra, holds: [] });
  }
  return found;
}

/** Takes what `countForeign` put in out again. */
export function releaseForeign(ctx: ManagementContext, ledger: Ledger): void {
  for (const { kind, name } of accounts(ctx, ledger)) {
    if (kind === 'site') ledger.reserve(name, {});
    else ledger.set(foreignKey(name), undefined);
  }
}

function nonZero(amounts: Amounts): Amounts {
  return positive(amounts);
}

function positive(amounts: Amounts): Amounts {
  const kept: Partial<Record<QuotaField, bigint>> = {};
  for (const field of quotaFields) {
    const value = amounts[field];
    if (value !== undefined && value > 0n) kept[field] = value;
  }
  return kept;
}
