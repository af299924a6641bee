import type { z } from 'zod';
import { elementOf, fieldsOf, homesOf, isOptional, notesOf, shapeOf, unwrap } from '../../core/manifest/schema-walk.ts';
import { cloudManifest, type KindName, kinds, manifestSchema } from '../../core/model/kinds.ts';
import type { Lang, Text } from '../../core/text/lang.ts';
import { nearest } from '../usage.ts';
import type { Style } from '../view/style.ts';
import { padTo, widthOf } from '../view/width.ts';

/** A field that was found: its full path and schema. */
export interface FoundField {
  /** `tenant.spec.environments.hosting`; lists and maps are passed without a sign. */
  readonly path: string;
  readonly schema: z.ZodType;
}

/** What came of looking for a field: it, several of that name, or nothing with what may have been meant. */
export type FieldSearch =
  | { readonly found: FoundField }
  | { readonly several: readonly string[] }
  | { readonly near: string | undefined };

/** Kinds that `explain FIELD` knows, in lower case. */
export const explainedKinds: readonly string[] = [...Object.keys(kinds).map((kind) => kind.toLowerCase()), 'cloud'];

function rootOf(kind: string): z.ZodType | undefined {
  if (kind === 'cloud') return cloudManifest;
  const name = (Object.keys(kinds) as KindName[]).find((one) => one.toLowerCase() === kind);
  return name === undefined ? undefined : manifestSchema(name);
}

/** Whether `text` is meant as a field: its first part is a kind and the rest a path. */
export function looksLikeField(text: string): boolean {
  return explainedKinds.includes((text.split('.')[0] ?? '').toLowerCase());
}

/**
 * Finds `KIND.path.to.field`. List indexes (`[]`, `[0]`) may be written or not. A path that names no field as it stands
 * is looked for by its last name below the kind: `tenant.spec.hosting` finds `tenant.spec.environments.hosting`. Pure.
 */
export function findField(text: string): FieldSearch {
  const [head = '', ...rest] = splitPath(text);
  const kind = head.toLowerCase();
  const root = rootOf(kind);
  if (root === undefined) return { near: nearest(kind, explainedKinds) };
  const direct = walk(root, rest);
  if (direct !== undefined) return { found: { path: [kind, ...direct.names].join('.'), schema: direct.schema } };
  const last = rest.at(-1) ?? '';
  const homes = [...new Set(homesOf(root, last).map((home) => home.replaceAll('[]', '').replaceAll('.*', '')))];
  const [only, second] = homes;
  if (only !== undefined && second === undefined) return findField(`${kind}.${only}`);
  if (second !== undefined) return { several: homes.map((home) => `${kind}.${home}`) };
  return { near: nearField(root, kind, rest) };
}

function splitPath(text: string): string[] {
  const names: string[] = [];
  for (const match of text.matchAll(/\["([^"]+)"\]|\[[^\]]*\]|([^.[\]]+)/g)) {
    const name = match[1] ?? match[2];
    if (name !== undefined) names.push(name);
  }
  return names;
}

function walk(root: z.ZodType, rest: readonly string[]): { schema: z.ZodType; names: string[] } | undefined {
  let schema = root;
  const names: string[] = [];
  for (let i = 0; i < rest.length; i += 1) {
    const step = rest[i] ?? '';
    while (fieldsOf(schema) === undefined && shapeOf(schema) === 'list') schema = elementOf(schema) ?? schema;
    const field = fieldIn(schema, rest, i);
    if (field !== undefined) {
      schema = field.schema;
      names.push(field.name);
      i += field.name.split('.').length - 1;
      continue;
    }
    const element = elementOf(schema);
    if (element === undefined) return undefined;
    if (fieldsOf(element)?.[step] !== undefined) i -= 1;
    schema = element;
  }
  return { schema, names };
}

/** The field that begins at `rest[i]`; a name may hold dots itself, as `requests.cpu` does. */
function fieldIn(schema: z.ZodType, rest: readonly string[], i: number) {
  const fields = fieldsOf(schema) ?? {};
  for (const length of [1, 2, 3]) {
    const name = rest.slice(i, i + length).join('.');
    const found = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (found !== undefined) return { name, schema: found };
  }
  return undefined;
}

/** The field that was probably meant: one of nearly the last name, preferably where the rest of the path leads. */
function nearField(root: z.ZodType, kind: string, rest: readonly string[]): string | undefined {
  const last = rest.at(-1) ?? '';
  const paths = allPaths(root);
  const parent = rest.slice(0, -1).join('.');
  const siblings = paths.filter((path) => path.split('.').slice(0, -1).join('.') === parent);
  for (const list of [siblings, paths]) {
    const names = list.map((path) => path.split('.').at(-1) ?? '');
    const near = nearest(last, names);
    if (near !== undefined) return `${kind}.${list[names.indexOf(near)]}`;
  }
  return undefined;
}

function allPaths(schema: z.ZodType, at = ''): string[] {
  const element = elementOf(schema);
  const below = Object.entries(fieldsOf(schema) ?? {}).flatMap(([name, field]) => {
    const path = at === '' ? name : `${at}.${name}`;
    return [path, ...allPaths(field, path)];
  });
  return element === undefined ? below : [...below, ...allPaths(element, at)];
}

const typeTexts: Readonly<Record<string, Text>> = {
  string: { zh: '文字', en: 'text' },
  int: { zh: '整数', en: 'whole number' },
  number: { zh: '整数', en: 'whole number' },
  boolean: { zh: 'true 或 false', en: 'true or false' },
  quantity: { zh: '数量，如 500m、16Gi', en: 'quantity such as 500m or 16Gi' },
  enum: { zh: '取值', en: 'one of' },
  literal: { zh: '固定值', en: 'always' },
  object: { zh: '一组字段', en: 'fields' },
  array: { zh: '列表', en: 'list of' },
  record: { zh: '名称到值的表', en: 'map from names to' },
};

/** The type of a field in a few words, with its values or bounds. Pure. */
export function typeText(schema: z.ZodType, lang: Lang): string {
  const { def } = (unwrap(schema) as z.core.$ZodType as z.core.$ZodTypes)._zod;
  const word = (key: string) => typeTexts[key]?.[lang] ?? key;
  if (notesOf(schema).quantity === true) return word('quantity');
  if (def.type === 'enum') return `${word('enum')} ${Object.values(def.entries).join(' | ')}`;
  if (def.type === 'literal') return `${word('literal')} ${def.values.join(' | ')}`;
  const element = elementOf(schema);
  if (element !== undefined) {
    const entry = typeText(element, lang);
    return lang === 'zh' ? `${word(def.type)}，每项：${entry}` : `${word(def.type)} ${entry}`;
  }
  return word(def.type);
}

function boundText(schema: z.ZodType, lang: Lang): string[] {
  const notes = notesOf(schema);
  const zh = lang === 'zh';
  const found: string[] = [];
  if (notes.minimum !== undefined && notes.maximum !== undefined) found.push(`${notes.minimum} … ${notes.maximum}`);
  if (notes.minLength !== undefined && notes.minLength > 0)
    found.push(zh ? `至少 ${notes.minLength} 个字符` : `at least ${notes.minLength} characters`);
  if (notes.maxLength !== undefined && notes.quantity !== true)
    found.push(zh ? `最多 ${notes.maxLength} 个字符` : `at most ${notes.maxLength} characters`);
  if (notes.maxItems !== undefined) found.push(zh ? `最多 ${notes.maxItems} 项` : `at most ${notes.maxItems} entries`);
  if (notes.maxProperties !== undefined)
    found.push(zh ? `最多 ${notes.maxProperties} 项` : `at most ${notes.maxProperties} entries`);
  if (notes.listMapKeys !== undefined)
    found.push(zh ? `${notes.listMapKeys.join('、')} 不可重复` : `distinct by ${notes.listMapKeys.join(', ')}`);
  if (notes.set === true) found.push(zh ? '不可重复' : 'no entry twice');
  if (notes.pattern !== undefined) found.push(zh ? `格式 ${notes.pattern}` : `shape ${notes.pattern}`);
  return found;
}

/** The page about one field, for people. Pure. */
export function fieldLines(found: FoundField, lang: Lang, style: Style): string[] {
  const { schema, path } = found;
  const zh = lang === 'zh';
  const notes = notesOf(schema);
  const required = isOptional(schema) ? (zh ? '可省略' : 'optional') : zh ? '必填' : 'required';
  const lines = [`${style.bold(path)}  ${typeText(schema, lang)}  (${required})`];
  if (notes.text !== undefined) lines.push(`  ${notes.text[lang]}`);
  for (const bound of boundText(schema, lang)) lines.push(`  ${bound}`);
  if (notes.example !== undefined) lines.push(`  ${zh ? '例如' : 'example'}: ${String(notes.example)}`);
  let inner = schema;
  const rules = [...(notes.rules ?? [])];
  while (fieldsOf(inner) === undefined && elementOf(inner) !== undefined) {
    inner = elementOf(inner) ?? inner;
    rules.push(...(notesOf(inner).rules ?? []));
  }
  for (const rule of rules) lines.push(`  ${zh ? '规则' : 'rule'} ${rule.id}: ${rule.text[lang]}`);
  const fields = Object.entries(fieldsOf(inner) ?? {});
  if (fields.length === 0) return lines;
  lines.push('', style.bold(zh ? '字段' : 'fields'));
  const width = Math.max(...fields.map(([name]) => widthOf(name) + 1));
  for (const [name, field] of fields) {
    const mark = isOptional(field) ? ' ' : '*';
    const help = notesOf(field).text?.[lang] ?? '';
    lines.push(
      `  ${padTo(`${name}${mark}`, width)}  ${[typeText(field, lang), help].filter((part) => part !== '').join('  ')}`,
    );
  }
  lines.push('', style.dim(zh ? '* 必填' : '* required'));
  return lines;
}
