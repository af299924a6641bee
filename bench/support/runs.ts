/** What a bench measured, as numbers. Median and quantiles use the nearest rank. */

/** The middle value; NaN for none. Pure. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The value below which `share` (0..1) of the others lie, nearest rank; NaN for none. Pure. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  if (share === 0.5 && sorted.length > 0 && sorted.length % 2 === 0) {
    const upper = sorted.length / 2;
    return ((sorted[upper - 1] ?? Number.NaN) + (sorted[upper] ?? Number.NaN)) / 2;
  }
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))] ?? Number.NaN;
}

/** `median (least-most)` with `digits` after the point. Pure. */
export function spread(values: readonly number[], digits = 2): string {
  const least = Math.min(...values).toFixed(digits);
  const most = Math.max(...values).toFixed(digits);
  return `${median(values).toFixed(digits)} (${least}-${most})`;
}

/** A number with at most `digits` after the point. Pure. */
export function rounded(value: number, digits = 2): number {
  return Number(value.toFixed(digits));
}

/**
 * Runs every side once per round, `rounds` times, with the order turned round after each: A B, B A, A B. Resolves with
 * the results per side, in order of the rounds.
 */
export async function interleave<T>(
  rounds: number,
  sides: Readonly<Record<string, (round: number) => Promise<T>>>,
): Promise<Record<string, T[]>> {
  const results: Record<string, T[]> = Object.fromEntries(Object.keys(sides).map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    const order = Object.entries(sides);
    if (round % 2 === 1) order.reverse();
    for (const [name, side] of order) {
      results[name]?.push(await side(round));
    }
  }
  return results;
}
