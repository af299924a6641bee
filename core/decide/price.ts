import type { Cloud } from '../model/cloud.ts';
import type { Quota } from '../model/fields.ts';
import { entryNamed } from '../model/presets.ts';
import { isBytes, parseQuota, substance } from './quota-math.ts';

/** What of an environment costs money. */
export interface Priced {
  readonly quota: Quota;
  /** Protection tier; absent: none, at 100 percent. */
  readonly tier?: string | undefined;
}

const nano = 1_000_000_000n;
const gi = 1024n ** 3n;

/**
 * Price a month in fen (1/100 yuan) of environments by the price list of `cloud`: cores, Gi of memory, Gi of storage and
 * pods, each times its price times the tier's percent. The exact sum over all environments is rounded once, half a fen
 * up, so that splitting a tenant never makes it cheaper or dearer by more than one fen. A tier that the cloud does not
 * have counts 100 percent. Pure.
 */
export function priceOf(environments: readonly Priced[], cloud: Cloud): bigint {
  let sum = 0n;
  for (const { quota, tier } of environments) {
    const percent = BigInt((tier === undefined ? undefined : entryNamed(cloud.tiers, tier))?.pricePercent ?? 100);
    const amounts = parseQuota(quota);
    for (const field of substance) {
      const unit = isBytes(field) ? 1n : gi;
      sum += (amounts[field] ?? 0n) * unit * parseMoney(cloud.prices.perMonth[field]) * percent;
    }
  }
  const whole = nano * gi * 100n;
  return (2n * sum + whole) / (2n * whole);
}

/** By how much a month gets dearer (fen; negative: cheaper) when `before` becomes `after`. Pure. */
export function priceDifference(before: readonly Priced[], after: readonly Priced[], cloud: Cloud): bigint {
  return priceOf(after, cloud) - priceOf(before, cloud);
}

/** Fen of an amount in yuan such as `15000`, `0.5` or `12.34`. Pure. @throws RangeError for other text */
export function parseMoney(text: string): bigint {
  const match = /^(-?)([0-9]+)(?:\.([0-9]{1,2}))?$/.exec(text);
  if (match === null) throw new RangeError(`not an amount of money: ${text}`);
  const fen = BigInt(match[2] ?? '0') * 100n + BigInt((match[3] ?? '').padEnd(2, '0'));
  return match[1] === '-' ? -fen : fen;
}

/** Yuan with two decimals, e.g. `15000.00`. Pure. */
export function formatMoney(fen: bigint): string {
  const absolute = fen < 0n ? -fen : fen;
  return `${fen < 0n ? '-' : ''}${absolute / 100n}.${String(absolute % 100n).padStart(2, '0')}`;
}
