import { parseQuantity } from '../model/quantity.ts';

const nano = 1_000_000_000n;
const decimalSuffixes = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'];
const binarySuffixes = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];

/**
 * The text in which an API server stores a quantity, so that reading it back gives the same: no fraction, the greatest
 * suffix that keeps it exact, binary suffixes only where one was written. Rules: k8s.io/apimachinery/pkg/api/resource,
 * Quantity.CanonicalizeBytes. Pure. @throws RangeError for text that is no quantity
 */
export function canonicalQuantity(value: string | number): string {
  return canonicalText(parseQuantity(value), String(value).endsWith('i'));
}

/** The smaller of two quantities, in canonical text; the first when they are equal. Pure. */
export function leastQuantity(a: string | number, b: string | number): string {
  return parseQuantity(b) < parseQuantity(a) ? canonicalQuantity(b) : canonicalQuantity(a);
}

function canonicalText(amount: bigint, binary: boolean): string {
  if (amount === 0n) return '0';
  // Below 1024 and for fractions the server falls back to decimal suffixes.
  if (binary && amount >= 1024n * nano && amount % nano === 0n) return withSuffix(amount / nano, 1024n, binarySuffixes);
  return withSuffix(amount, 1000n, decimalSuffixes);
}

function withSuffix(amount: bigint, step: bigint, suffixes: readonly string[]): string {
  let rest = amount;
  let index = 0;
  while (index < suffixes.length - 1 && rest % step === 0n) {
    rest /= step;
    index += 1;
  }
  return `${rest}${suffixes[index]}`;
}
