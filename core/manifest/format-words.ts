import type { z } from 'zod';
import { reservedCodes } from '../model/department.ts';
import * as f from '../model/fields.ts';
import { quantity } from '../model/schema.ts';
import type { Text } from '../text/lang.ts';
import { notesOf } from './schema-walk.ts';

/** What text of one shape must look like, and how a common other way of writing it is put right. */
interface Format {
  readonly text: Text;
  readonly repair?: (value: string) => string;
}

const lower = (value: string) => value.toLowerCase();
const dashed = (value: string) =>
  value
    .trim()
    .toLowerCase()
    .replace(/[\s_.]+/g, '-');

function pad(year: string, month: string, day: string): string {
  return `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
}

function dateRepair(value: string): string {
  const match =
    /^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?$/.exec(value.trim()) ?? /^(\d{4})(\d\d)(\d\d)$/.exec(value.trim());
  return match === null ? value : pad(match[1] ?? '', match[2] ?? '', match[3] ?? '');
}

function quantityRepair(value: string): string {
  const match = /^([0-9.]+)\s*([a-zA-Z]*)$/.exec(value.replaceAll(',', '').trim());
  if (match === null) return value;
  const unit = /^([kmgtp])(i?)b?$/i.exec(match[2] ?? '');
  if (unit !== null) return `${match[1]}${(unit[1] ?? '').toUpperCase()}i`;
  return /^(c|core|cores|cpu|个|核)?$/i.test(match[2] ?? '') ? (match[1] ?? value) : value;
}

function durationRepair(value: string): string {
  const match = /^(\d+)\s*([a-z分小时天秒]+)钟?$/i.exec(value.trim());
  const unit = match?.[2]?.toLowerCase() ?? '';
  const short = /^(m|min|minute|分)/.test(unit)
    ? 'm'
    : /^(h|小)/.test(unit)
      ? 'h'
      : /^(d|天)/.test(unit)
        ? 'd'
        : /^(s|秒)/.test(unit)
          ? 's'
          : '';
  return short === '' ? value : `${match?.[1]}${short}`;
}

const formats = new Map<string, Format>();

function add(schema: z.ZodType, zh: string, en: string, repair?: (value: string) => string): void {
  const source = notesOf(schema).pattern;
  if (source !== undefined)
    formats.set(source, repair === undefined ? { text: { zh, en } } : { text: { zh, en }, repair });
}

add(
  f.departmentCode,
  '只能用小写字母和数字，以字母开头，最多 16 个字符',
  'lower-case letters and digits, first a letter, at most 16',
  (v) => lower(v).replace(/[^a-z0-9]/g, ''),
);
add(
  f.tenantName,
  '只能用小写字母、数字和连字符 -，以字母开头，不以连字符结尾',
  'lower-case letters, digits and dashes, first a letter, last not a dash',
  dashed,
);
add(
  f.environmentName,
  '只能用小写字母和数字，以字母开头，不含连字符，最多 12 个字符',
  'lower-case letters and digits, first a letter, no dash, at most 12',
  (v) => lower(v).replace(/[^a-z0-9]/g, ''),
);
add(f.groupName, '只能用小写字母、数字和 - . : _', 'lower-case letters, digits and - . : _', (v) =>
  v.trim().toLowerCase().replace(/\s+/g, '-'),
);
add(
  f.hostname,
  '须是完整域名，小写，不带 http:// 和路径',
  'a full hostname in lower case, without http:// and path',
  hostRepair,
);
add(
  f.hostnamePattern,
  '须是域名，或 *. 开头的域名，小写',
  'a hostname, or one that begins with *., in lower case',
  hostRepair,
);
add(f.date, '须是 年-月-日，例如 2026-12-31', 'a date as YYYY-MM-DD, e.g. 2026-12-31', dateRepair);
add(
  f.instant,
  '须是带时区的时间，例如 2026-04-20T09:00:00+08:00',
  'a time with its offset, e.g. 2026-04-20T09:00:00+08:00',
  (v) => v.replace(' ', 'T'),
);
add(f.duration, '须是数字加 s、m、h、d，例如 15m', 'a number with s, m, h or d, e.g. 15m', durationRepair);
add(
  f.money,
  '须是元，最多两位小数，不带千分位，例如 15000.00',
  'yuan with at most two decimals and no separators, e.g. 15000.00',
  (v) => v.replace(/[,，\s元¥￥]/g, ''),
);
add(f.planItem, '只能用字母、数字和 . _ / -', 'letters, digits and . _ / -', (v) => v.trim().replace(/\s+/g, '-'));
add(f.cidr, '须是网段，例如 10.20.0.0/16', 'a block of addresses, e.g. 10.20.0.0/16');

formats.set('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$', {
  text: {
    zh: '只能用小写字母、数字和连字符，例如 dept-部门代码',
    en: 'lower-case letters, digits and dashes, e.g. dept-CODE',
  },
  repair: dashed,
});
formats.set('^[+-][0-9]{2}:[0-9]{2}$', { text: { zh: '例如 +08:00', en: 'e.g. +08:00' } });

/** A quantity has no pattern note of its own: it is a number or text. */
const quantityFormat: Format = {
  text: { zh: '须是数量，例如 8、500m、16Gi', en: 'a quantity, e.g. 8, 500m, 16Gi' },
  repair: quantityRepair,
};

function hostRepair(value: string): string {
  return value
    .trim()
    .toLowerCase()
    .replace(/^https?:\/\//, '')
    .replace(/[/:].*$/, '');
}

/** What the text of a field must look like; undefined for a shape without words of its own. */
export function formatOf(schema: z.ZodType | undefined): Format | undefined {
  const notes = notesOf(schema);
  if (notes.quantity === true || notesOf(quantity) === notes) return quantityFormat;
  return notes.pattern === undefined ? undefined : formats.get(notes.pattern);
}

/** The value as it was probably meant, when writing it so makes it valid; undefined when that is not clear. */
export function repaired(schema: z.ZodType, value: string): string | undefined {
  const repair = formatOf(schema)?.repair;
  for (const candidate of [value.normalize('NFKC').trim(), repair?.(value.normalize('NFKC'))]) {
    if (candidate === undefined || candidate === value || candidate === '') continue;
    if ((reservedCodes as readonly string[]).includes(candidate)) continue;
    if (schema.safeParse(candidate).success) return candidate;
  }
  return undefined;
}
