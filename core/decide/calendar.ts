import type { Cloud } from '../model/cloud.ts';

/** Civil time of the cloud: a fixed offset, as China has; dates are `YYYY-MM-DD`, instants epoch milliseconds. */

export const dayMs = 86_400_000;

const unitMs: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: dayMs };

/** Milliseconds of a length of time such as `30m` or `90d`. Pure. @throws RangeError for other text */
export function durationMs(text: string): number {
  const factor = unitMs[text.slice(-1)];
  const count = Number(text.slice(0, -1));
  if (factor === undefined || !Number.isInteger(count)) throw new RangeError(`not a length of time: ${text}`);
  return count * factor;
}

function offsetMs(utcOffset: string): number {
  const [hours = '0', minutes = '0'] = utcOffset.slice(1).split(':');
  const size = Number(hours) * 3_600_000 + Number(minutes) * 60_000;
  return utcOffset.startsWith('-') ? -size : size;
}

/** The date at which an instant falls in civil time. Pure. */
export function civilDate(atMs: number, utcOffset: string): string {
  return new Date(atMs + offsetMs(utcOffset)).toISOString().slice(0, 10);
}

/** The instant at which a date begins in civil time. Pure. */
export function startOfDayMs(date: string, utcOffset: string): number {
  return Date.parse(`${date}T00:00:00Z`) - offsetMs(utcOffset);
}

/** The date `days` later (earlier when negative). Pure. */
export function addDays(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * dayMs).toISOString().slice(0, 10);
}

/** Days from `from` to `to`; negative when `to` is earlier. Pure. */
export function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / dayMs);
}

/** A date, or why there is none: the cloud has no table of days off for a year on the way. */
export type DateOr = { readonly date: string } | { readonly noTableFor: string };

/**
 * The `count`-th working day after `date`; `date` itself never counts. Weekends and the listed days off are left out,
 * worked weekend days count. A year without a table gives `noTableFor`; nothing is guessed. Pure.
 */
export function addWorkingDays(date: string, count: number, cloud: Pick<Cloud, 'workingDays'>): DateOr {
  let day = date;
  for (let left = count; left > 0; ) {
    day = addDays(day, 1);
    const year = day.slice(0, 4);
    const table = cloud.workingDays[year];
    if (table === undefined) return { noTableFor: year };
    const weekday = new Date(`${day}T00:00:00Z`).getUTCDay();
    const weekend = weekday === 0 || weekday === 6;
    if (weekend ? table.workdays.includes(day) : !table.holidays.includes(day)) left -= 1;
  }
  return { date: day };
}
