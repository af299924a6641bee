import type { z } from 'zod';
import type { Rule } from '../model/schema.ts';
import { nearest } from './near.ts';
import { elementOf, fieldsOf, fieldText, homesOf, notesOf, schemaAt, unwrap } from './schema-walk.ts';
import type { FieldPath } from './types.ts';
import type { Said } from './words.ts';

/** A key that its place does not know. */
interface UnknownKey {
  /** The object that holds it, with corrected keys. */
  readonly path: FieldPath;
  readonly key: string;
  readonly said: Said;
}

export interface Healed {
  /** The value with misspelled keys put right and unknown ones left out. */
  readonly value: unknown;
  /** From a corrected key (its path as JSON) to the key as written. */
  readonly renames: ReadonlyMap<string, string>;
  readonly unknownKeys: readonly UnknownKey[];
  /** All other issues of the corrected value, rules that zod skipped among them. */
  readonly issues: readonly z.core.$ZodIssue[];
}

/** Fields that only the API server writes; they stand in what `kubectl get -o yaml` prints. */
const serverFields = new Set([
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'finalizers',
  'managedFields',
  'selfLink',
  'ownerReferences',
  'status',
]);

/**
 * All mistakes of a value at once. A misspelled key hides two things: what stands below it, and every rule of the object
 * around it, because zod stops there. So keys are corrected where one field is clearly meant, the value is judged again,
 * and rules that were still skipped are called one by one. Pure; the value handed in is not changed.
 */
export function heal(schema: z.ZodType, written: unknown): Healed {
  const value = structuredClone(written);
  const renames = new Map<string, string>();
  const unknownKeys: UnknownKey[] = [];
  let issues: readonly z.core.$ZodIssue[] = [];
  for (let round = 0; round < 8; round += 1) {
    issues = schema.safeParse(value).error?.issues ?? [];
    const unknown = issues.filter((issue) => issue.code === 'unrecognized_keys');
    if (unknown.length === 0) break;
    for (const issue of unknown) {
      const path = issue.path as FieldPath;
      for (const key of issue.keys) unknownKeys.push(correctKey({ root: schema, value, path, key, renames }));
    }
  }
  const known = issues.filter((issue) => issue.code !== 'unrecognized_keys');
  return { value, renames, unknownKeys, issues: [...known, ...skippedRules(schema, value, known)] };
}

interface Correction {
  readonly root: z.ZodType;
  readonly value: unknown;
  readonly path: FieldPath;
  readonly key: string;
  readonly renames: Map<string, string>;
}

function correctKey({ root, value, path, key, renames }: Correction): UnknownKey {
  const holder = at(value, path) as Record<string, unknown>;
  const schema = schemaAt(root, path);
  const fields = Object.keys((schema && fieldsOf(schema)) ?? {});
  const near = nearest(key, fields);
  const meant = near.find((candidate) => !Object.hasOwn(holder, candidate));
  const content = holder[key];
  delete holder[key];
  if (meant !== undefined && !(serverFields.has(key) && path.length < 2)) {
    holder[meant] = content;
    renames.set(JSON.stringify([...path, meant]), key);
  }
  return { path, key, said: keyWords({ root, path, key, near, fields }) };
}

function at(value: unknown, path: FieldPath): unknown {
  return path.reduce<unknown>((here, step) => (here as Record<string | number, unknown>)[step], value);
}

interface KeyWords {
  readonly root: z.ZodType;
  readonly path: FieldPath;
  readonly key: string;
  readonly near: readonly string[];
  readonly fields: readonly string[];
}

function keyWords({ root, path, key, near, fields }: KeyWords): Said {
  const place =
    path.length === 0
      ? { zh: '最外层', en: 'the top level' }
      : { zh: `${fieldText(path)} `, en: `\`${fieldText(path)}\`` };
  const text = { zh: `${place.zh}没有字段 ${key}`, en: `${place.en} has no field \`${key}\`` };
  if (serverFields.has(key) && path.length < 2) {
    const fix = { zh: '删除该字段：它由服务器写入', en: 'remove it: only the server writes it' };
    return { rule: 'UnknownField', text, fix };
  }
  if (near.length > 0) {
    return { rule: 'UnknownField', text, near, fix: { zh: `改为 ${near[0]}`, en: `write \`${near[0]}\`` } };
  }
  const homes = homesOf(root, key).slice(0, 3);
  if (homes.length > 0) {
    return {
      rule: 'UnknownField',
      text,
      near: homes,
      fix: {
        zh: `${key} 属于 ${homes.join('、')}，请检查缩进`,
        en: `\`${key}\` belongs to ${homes.map((home) => `\`${home}\``).join(', ')}; look at its indentation`,
      },
    };
  }
  const wide = [...new Set(Object.values(fieldIndex(root)).flat())];
  const elsewhere = nearest(key, wide);
  if (elsewhere.length > 0) {
    const home = homesOf(root, elsewhere[0] ?? '')[0] ?? '';
    const fix = { zh: `或许是 ${home}，请检查拼写和缩进`, en: `perhaps \`${home}\`; look at spelling and indentation` };
    return { rule: 'UnknownField', text, near: elsewhere, fix };
  }
  const list = fields.join('、');
  return {
    rule: 'UnknownField',
    text,
    fix: { zh: `删除它；此处可用：${list}`, en: `remove it; allowed here: ${fields.join(', ')}` },
  };
}

const indexes = new WeakMap<z.ZodType, Record<string, string[]>>();

/** All field names of a schema. */
function fieldIndex(root: z.ZodType): Record<string, string[]> {
  let index = indexes.get(root);
  if (index === undefined) {
    index = {};
    gather(root, index);
    indexes.set(root, index);
  }
  return index;
}

function gather(schema: z.ZodType, index: Record<string, string[]>): void {
  for (const [name, field] of Object.entries(fieldsOf(schema) ?? {})) {
    index[name] = [name];
    gather(field, index);
  }
  const element = elementOf(schema);
  if (element !== undefined) gather(element, index);
}

/** Rules and duplicates that zod did not come to because something else in the same object was wrong. */
function skippedRules(root: z.ZodType, value: unknown, found: readonly z.core.$ZodIssue[]): z.core.$ZodIssue[] {
  if (found.length === 0) return [];
  const wrong = new Set(found.filter((issue) => issue.code !== 'custom').map((issue) => JSON.stringify(issue.path)));
  const said = new Set(found.map((issue) => `${JSON.stringify(issue.path)} ${ruleOf(issue)}`));
  const more: z.core.$ZodIssue[] = [];
  const add = (path: FieldPath, params: Record<string, unknown>, message: string) => {
    const key = `${JSON.stringify(path)} ${String(params['rule'])}`;
    if (said.has(key) || wrong.has(JSON.stringify(path))) return;
    said.add(key);
    more.push({ code: 'custom', path: [...path], params, message, input: undefined } as z.core.$ZodIssueCustom);
  };
  walk(root, value, [], (schema, here, path) => {
    const notes = notesOf(schema);
    for (const rule of (notes.rules ?? []) as readonly Rule<unknown>[]) {
      if (rule.transition === true || dependsOnWrong(rule, path, wrong) || keeps(rule, here)) continue;
      const field = rule.fieldPath === undefined ? [] : rule.fieldPath.slice(1).split('.');
      add([...path, ...field], { rule: rule.id, text: rule.text }, rule.text.en);
    }
    if (Array.isArray(here) && (notes.set === true || notes.listMapKeys !== undefined)) {
      const keys = notes.listMapKeys;
      for (const index of duplicates(here, keys)) {
        add([...path, index], { rule: 'Duplicate', what: keys?.join(', ') ?? 'value' }, 'duplicate');
      }
    }
  });
  return more;
}

function ruleOf(issue: z.core.$ZodIssue): string {
  return issue.code === 'custom' ? String(issue.params?.['rule']) : issue.code;
}

/** Whether a rule speaks of a field that is itself wrong: then its word would only repeat that. */
function dependsOnWrong(rule: Rule<unknown>, path: FieldPath, wrong: ReadonlySet<string>): boolean {
  for (const match of rule.cel.matchAll(/self\.([A-Za-z]+)/g)) {
    if (wrong.has(JSON.stringify([...path, match[1]]))) return true;
  }
  return false;
}

function keeps(rule: Rule<unknown>, value: unknown): boolean {
  try {
    return rule.holds(value);
  } catch {
    return true;
  }
}

function duplicates(entries: readonly unknown[], keys: readonly string[] | undefined): number[] {
  const seen = new Set<string>();
  return entries.flatMap((entry, index) => {
    const record = (entry ?? {}) as Record<string, unknown>;
    const key = JSON.stringify(keys === undefined ? entry : keys.map((each) => record[each]));
    const again = seen.has(key);
    seen.add(key);
    return again ? [index] : [];
  });
}

type Visit = (schema: z.ZodType, value: unknown, path: FieldPath) => void;

function walk(schema: z.ZodType, value: unknown, path: FieldPath, visit: Visit): void {
  if (value === undefined || value === null) return;
  visit(unwrap(schema), value, path);
  if (typeof value !== 'object') return;
  const fields = fieldsOf(schema);
  const element = elementOf(schema);
  if (Array.isArray(value)) {
    if (element !== undefined && !fields)
      for (const [index, entry] of value.entries()) walk(element, entry, [...path, index], visit);
    return;
  }
  for (const [key, entry] of Object.entries(value)) {
    const field = fields?.[key] ?? (fields === undefined ? element : undefined);
    if (field !== undefined) walk(field, entry, [...path, key], visit);
  }
}
