import { z } from 'zod';
import type { Text } from '../text/lang.ts';

/**
 * The zod subset that survives the way to a CRD and an editor schema (docs/design.md 3): strict objects, bounded
 * records, lists and strings, integers, booleans, enums and one quantity type. A rule is a pair: a TypeScript
 * function for `check` and a CEL expression for the API server, with one id and one text.
 */
export interface Rule<T> {
  /** Stable CamelCase name; the same at check, plan and in the API server's answer. */
  readonly id: string;
  readonly text: Text;
  /** CEL over `self` (and `oldSelf` for a transition rule). */
  readonly cel: string;
  /** True when `value` keeps the rule. */
  readonly holds: (value: T) => boolean;
  /** Field below the value that the message is about, e.g. `.until`. */
  readonly fieldPath?: string;
  /** A transition rule: only the API server can judge it, `check` skips it. */
  readonly transition?: boolean;
}

interface Described {
  readonly text?: Text;
  readonly rules?: readonly Rule<never>[];
  readonly listMapKeys?: readonly string[];
  readonly set?: boolean;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxItems?: number;
  readonly maxProperties?: number;
  readonly quantity?: boolean;
  readonly example?: unknown;
}

/** What the generators read beside zod's own knowledge of a schema. */
export const descriptions = z.registry<Described>();

function note<S extends z.ZodType>(schema: S, more: Described): S {
  const known = descriptions.get(schema) ?? {};
  const copy = schema.clone() as S;
  descriptions.add(copy as z.ZodType, { ...known, ...more });
  return copy;
}

/** The same schema with its help text, used by `kubectl explain`, editors and `jinhong explain FIELD`. */
export function described<S extends z.ZodType>(schema: S, zh: string, en: string, example?: unknown): S {
  return note(schema, example === undefined ? { text: { zh, en } } : { text: { zh, en }, example });
}

/** The same schema with `rules`; a broken one becomes an issue with `params.rule` naming it. */
export function withRules<S extends z.ZodType>(schema: S, rules: readonly Rule<z.output<S>>[]): S {
  const known = descriptions.get(schema) ?? {};
  const checked = schema.superRefine((value: z.output<S>, ctx) => {
    for (const rule of rules) {
      if (rule.transition === true || rule.holds(value)) continue;
      const path = rule.fieldPath === undefined ? [] : rule.fieldPath.slice(1).split('.');
      ctx.addIssue({ code: 'custom', message: rule.text.en, path, params: { rule: rule.id, text: rule.text } });
    }
  }) as S;
  const before = known.rules ?? [];
  descriptions.add(checked as z.ZodType, { ...known, rules: [...before, ...(rules as readonly Rule<never>[])] });
  return checked;
}

/** Text of `min` to `max` Unicode code points (what the API server counts), no lone surrogates. */
export function text(min: number, max: number): z.ZodString {
  const schema = z.string().superRefine((value, ctx) => {
    const length = [...value].length;
    if (length < min || length > max || !value.isWellFormed()) {
      ctx.addIssue({
        code: 'custom',
        message: `must be ${min} to ${max} characters`,
        params: { rule: 'Length', min, max },
      });
    }
  });
  return note(schema, { minLength: min, maxLength: max });
}

/** Text of ASCII shape `pattern` (in what RE2 and JavaScript share), at most `max` characters. */
export function pattern(regex: RegExp, max: number): z.ZodString {
  return note(z.string().regex(regex).max(max), { pattern: regex.source, maxLength: max });
}

/** A list whose entries are told apart by `keys`; two with equal keys are refused, as the API server does. */
export function mapList<S extends z.ZodType>(item: S, keys: readonly string[], max: number): z.ZodArray<S> {
  const keyOf = (entry: unknown) => JSON.stringify(keys.map((key) => (entry as Record<string, unknown>)[key]));
  return note(distinct(z.array(item).max(max), keyOf, keys.join(', ')), { listMapKeys: keys, maxItems: max });
}

/** A list of distinct scalars. */
export function setList<S extends z.ZodType>(item: S, max: number): z.ZodArray<S> {
  return note(
    distinct(z.array(item).max(max), (entry) => JSON.stringify(entry), 'value'),
    { set: true, maxItems: max },
  );
}

function distinct<S extends z.ZodType>(list: z.ZodArray<S>, keyOf: (entry: unknown) => string, what: string) {
  return list.superRefine((entries, ctx) => {
    const seen = new Set<string>();
    entries.forEach((entry, index) => {
      const key = keyOf(entry);
      if (seen.has(key)) {
        ctx.addIssue({
          code: 'custom',
          message: `duplicate ${what}`,
          path: [index],
          params: { rule: 'Duplicate', what },
        });
      }
      seen.add(key);
    });
  });
}

/** A list whose order is its meaning, at most `max` entries. */
export function list<S extends z.ZodType>(item: S, max: number): z.ZodArray<S> {
  return note(z.array(item).max(max), { maxItems: max });
}

/** A whole number from `min` to `max`. */
export function integer(min: number, max: number): z.ZodInt {
  return note(z.int().min(min).max(max), { minimum: min, maximum: max });
}

/** A map from names to values, at most `max` entries; key shapes are checked by `check`, not by the API server. */
export function record<S extends z.ZodType>(value: S, max: number): z.ZodRecord<z.ZodString, S> {
  const schema = z.record(z.string(), value).superRefine((entries, ctx) => {
    if (Object.keys(entries).length > max) {
      ctx.addIssue({ code: 'custom', message: `at most ${max} entries`, params: { rule: 'Length', max } });
    }
  });
  return note(schema, { maxProperties: max });
}

/** A quantity of at most `digits` digits before the point. */
function quantityOf(digits: number) {
  const regex = new RegExp(`^(0|[1-9][0-9]{0,${digits - 1}})(\\.[0-9]{1,3})?(m|k|M|G|T|P|Ki|Mi|Gi|Ti|Pi)?$`);
  const maxLength = digits + 8;
  const maximum = 1_000_000_000_000;
  return note(z.union([z.int().min(0).max(maximum), z.string().regex(regex).max(maxLength)]), {
    quantity: true,
    pattern: regex.source,
    maximum,
    maxLength,
  });
}

/** A Kubernetes quantity that someone asks for or offers: an integer of at most 10^12, or text such as `500m`, `1.5Gi`. */
export const quantity = quantityOf(12);

/**
 * What `formatQuantity` writes for one `quantity` or a sum of them: exact, so `1.1Gi` is `1181116006400m`. Ten thousand
 * tenants with 16 environments of the largest quantity each are a number of 36 digits.
 */
export const computedQuantity = quantityOf(40);
