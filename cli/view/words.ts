import type { Lang } from '../../core/text/lang.ts';

const units = [
  { ms: 86_400_000, zh: '天', en: 'd' },
  { ms: 3_600_000, zh: '小时', en: 'h' },
  { ms: 60_000, zh: '分钟', en: 'min' },
  { ms: 1000, zh: '秒', en: 's' },
] as const;

/** A length of time for people, rounded down to its largest unit: `3 分钟`, `3 min`. Below a second: `0 秒`. */
export function duration(ms: number, lang: Lang): string {
  const unit = units.find((one) => ms >= one.ms) ?? units[3];
  return `${Math.max(0, Math.floor(ms / unit.ms))} ${unit[lang]}`;
}

/** The first `count` of some names; three dots say that there are more. */
export function firstOf(names: readonly string[], count: number): string {
  return `${names.slice(0, count).join(', ')}${names.length > count ? ', ...' : ''}`;
}

/** How long ago `then` was at `now`, both epoch milliseconds; a clock that runs ahead counts as now. */
export function age(then: number, now: number, lang: Lang): string {
  return lang === 'zh' ? `${duration(now - then, lang)}前` : `${duration(now - then, lang)} ago`;
}

const signs: Readonly<Record<string, { zh: string; en: string }>> = { cny: { zh: '元', en: 'CNY' } };

/** An amount with thousands grouped and its currency: `15,000.00 元`. `amount` is decimal text with two digits at most. */
export function money(amount: string, currency: string | undefined, lang: Lang): string {
  const [whole = '0', fraction = ''] = amount.split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, ',');
  const sign = signs[currency?.toLowerCase() ?? 'cny']?.[lang] ?? currency ?? '';
  return `${grouped}.${fraction.padEnd(2, '0')} ${sign}`.trimEnd();
}

/** The moment in civil time of the cloud, `YYYY-MM-DD HH:MM`; `utcOffset` such as `+08:00`. */
export function moment(epochMs: number, utcOffset = '+08:00'): string {
  const match = /^([+-])(\d{2}):(\d{2})$/.exec(utcOffset);
  const minutes = match === null ? 0 : (Number(match[2]) * 60 + Number(match[3])) * (match[1] === '-' ? -1 : 1);
  return new Date(epochMs + minutes * 60_000).toISOString().slice(0, 16).replace('T', ' ');
}
