import { type Quota, type QuotaField, quotaFields } from '../model/fields.ts';
import { formatQuantity, parseQuantity } from '../model/quantity.ts';

/** Amounts of resources in nano-units (core/model/quantity.ts); an absent resource is none of it. */
export type Amounts = Readonly<Partial<Record<QuotaField, bigint>>>;

/** Resources that hold a machine's substance: they are priced, and what is not asked of them is granted as zero. */
export const substance = ['requests.cpu', 'requests.memory', 'requests.storage', 'pods'] as const;

/** Whether a resource is counted in bytes. Pure. */
export function isBytes(field: QuotaField): boolean {
  return field.endsWith('memory') || field.endsWith('storage');
}

/** The amounts of a quota; absent stays absent. Pure. @throws RangeError for text that is no quantity */
export function parseQuota(quota: Quota | undefined): Amounts {
  return build((field) => {
    const value = quota?.[field];
    return value === undefined ? undefined : parseQuantity(value);
  });
}

/** The amounts in canonical text, in the order of `quotaFields`; absent stays absent. Pure. */
export function formatQuota(amounts: Amounts): Quota {
  const quota: Quota = {};
  for (const field of quotaFields) {
    const value = amounts[field];
    if (value !== undefined) quota[field] = formatQuantity(value, isBytes(field));
  }
  return quota;
}

/** One amount in canonical text. Pure. */
export function formatAmount(field: QuotaField, value: bigint): string {
  return formatQuantity(value, isBytes(field));
}

/** The sum of all, resource by resource. Pure. */
export function sumAmounts(list: Iterable<Amounts>): Amounts {
  const total: Partial<Record<QuotaField, bigint>> = {};
  for (const amounts of list) {
    for (const field of quotaFields) {
      const value = amounts[field];
      if (value !== undefined) total[field] = (total[field] ?? 0n) + value;
    }
  }
  return total;
}

/** `a` less `b`; may be negative, which says how much too much there is. Pure. */
export function subtractAmounts(a: Amounts, b: Amounts): Amounts {
  return build((field) =>
    a[field] === undefined && b[field] === undefined ? undefined : (a[field] ?? 0n) - (b[field] ?? 0n),
  );
}

/** The larger of both, resource by resource. Pure. */
export function maxAmounts(a: Amounts, b: Amounts): Amounts {
  return build((field) => pick(a[field], b[field], largerOf));
}

/**
 * The smaller of both quotas, resource by resource. In a ResourceQuota an absent resource is one without a limit, so
 * the one that is present wins. Pure.
 */
export function minQuota(a: Amounts, b: Amounts): Amounts {
  return build((field) => pick(a[field], b[field], smallerOf));
}

/** Whether quota `next` allows nothing that `now` does not; absent is without a limit. Pure. */
export function coversQuota(now: Amounts, next: Amounts): boolean {
  return quotaFields.every((field) => {
    const limit = now[field];
    const value = next[field];
    return limit === undefined || (value !== undefined && value <= limit);
  });
}

/** A resource of which more is used than allowed. */
export interface Overrun {
  readonly field: QuotaField;
  readonly asked: bigint;
  readonly allowed: bigint;
}

/** Where `asked` is above `allowed`, in the order of `quotaFields`; a resource absent in `allowed` is not limited. Pure. */
export function overruns(asked: Amounts, allowed: Amounts): Overrun[] {
  return quotaFields.flatMap((field) => {
    const limit = allowed[field];
    const value = asked[field] ?? 0n;
    return limit !== undefined && value > limit ? [{ field, asked: value, allowed: limit }] : [];
  });
}

/** Resources of which `next` has more than `now`. Pure. */
export function raisedFields(now: Amounts, next: Amounts): QuotaField[] {
  return quotaFields.filter((field) => (next[field] ?? 0n) > (now[field] ?? 0n));
}

/** The quota with zero where a resource of `substance` is absent: what is not asked is not granted. Pure. */
export function withZeros(amounts: Amounts): Amounts {
  return build((field) => amounts[field] ?? ((substance as readonly string[]).includes(field) ? 0n : undefined));
}

function build(amountOf: (field: QuotaField) => bigint | undefined): Amounts {
  const amounts: Partial<Record<QuotaField, bigint>> = {};
  for (const field of quotaFields) {
    const value = amountOf(field);
    if (value !== undefined) amounts[field] = value;
  }
  return amounts;
}

function pick(a: bigint | undefined, b: bigint | undefined, choose: (a: bigint, b: bigint) => bigint) {
  if (a === undefined) return b;
  return b === undefined ? a : choose(a, b);
}

function smallerOf(a: bigint, b: bigint): bigint {
  if (a < b) return a;
  return b;
}

function largerOf(a: bigint, b: bigint): bigint {
  if (a > b) return a;
  return b;
}
