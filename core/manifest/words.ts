import type { z } from 'zod';
import type { Text } from '../text/lang.ts';
import type { Draft } from './document.ts';
import { formatOf, repaired } from './format-words.ts';
import { nearest } from './near.ts';
import { fieldText, notesOf, schemaAt, shapeOf } from './schema-walk.ts';
import type { Edit, FieldPath } from './types.ts';

/** What is said about one mistake of the schema, before it has a place. */
export interface Said {
  readonly rule: string;
  readonly text: Text;
  readonly fix: Text;
  readonly near?: readonly string[];
  readonly edits?: readonly Edit[];
}

/** One issue of zod with what its words need. */
export interface IssueContext {
  readonly draft: Draft<unknown>;
  readonly root: z.ZodType;
  readonly path: FieldPath;
  /** The value at `path`; undefined when nothing is written there. */
  readonly value: unknown;
}

/**
 * Words for an issue in both languages: what is wrong, what to do, what may have been meant. zod's own English is never
 * shown. Unknown keys are not handled here but where keys are corrected.
 */
export function wordsFor(issue: z.core.$ZodIssue, context: IssueContext): Said {
  switch (issue.code) {
    case 'invalid_type':
      return typeWords(issue.expected, context);
    case 'invalid_union':
      return typeWords('quantity', context);
    case 'invalid_value':
      return valueWords(issue.values.map(String), context);
    case 'invalid_format':
      return formatWords(context);
    case 'too_big':
    case 'too_small':
      return boundWords(context);
    case 'custom':
      return customWords(issue, context);
    default:
      return formatWords(context);
  }
}

/** A field with what it is for: `spec.class（类别…）`. */
function label({ root, path }: IssueContext): Text {
  const field = fieldText(path);
  const help = notesOf(schemaAt(root, path)).text;
  if (help === undefined) return { zh: `${field} `, en: `\`${field}\`` };
  return { zh: `${field}（${head(help.zh)}）`, en: `\`${field}\` (${head(help.en)})` };
}

/** The first clause of a help text. */
function head(help: string): string {
  return /^[^：:；;，,]*/.exec(help)?.[0] ?? help;
}

/** The last key of a path, for sentences that show how it is written. */
function lastKey(path: FieldPath): string {
  return String(path.findLast((step) => typeof step === 'string') ?? '');
}

function exampleOf({ root, path }: IssueContext): string {
  const { example } = notesOf(schemaAt(root, path));
  return example === undefined ? '…' : scalarText(example);
}

function scalarText(value: unknown): string {
  const text = String(value);
  return typeof value === 'string' && /^[\d.+-]|[:#]\s|^$/.test(text) ? JSON.stringify(text) : text;
}

const typeNames: Readonly<Record<string, Text>> = {
  string: { zh: '文字', en: 'text' },
  number: { zh: '数字', en: 'a number' },
  int: { zh: '整数', en: 'a whole number' },
  boolean: { zh: 'true 或 false', en: 'true or false' },
  object: { zh: '一组字段', en: 'a group of fields' },
  record: { zh: '一组字段', en: 'a group of fields' },
  array: { zh: '列表（每项以“- ”开头）', en: 'a list (each entry begins with "- ")' },
  quantity: { zh: '数量（例如 8、500m、16Gi）', en: 'a quantity (e.g. 8, 500m, 16Gi)' },
};

function nameOfValue(value: unknown): Text {
  if (Array.isArray(value)) return { zh: '列表', en: 'a list' };
  switch (typeof value) {
    case 'string':
      return { zh: '文字', en: 'text' };
    case 'number':
      return { zh: '数字', en: 'a number' };
    case 'boolean':
      return { zh: '真假值', en: 'a true or false' };
    default:
      return { zh: '一组字段', en: 'a group of fields' };
  }
}

function typeWords(expected: string, context: IssueContext): Said {
  const { value, path } = context;
  const named = label(context);
  const key = lastKey(path);
  if (value === undefined) {
    return {
      rule: 'MissingField',
      text: { zh: `缺少 ${named.zh}`, en: `${named.en} is missing` },
      fix: { zh: `加上 ${key}${sample(context)}`, en: `add \`${key}${sample(context)}\`` },
    };
  }
  if (value === null) {
    return {
      rule: 'MissingField',
      text: { zh: `${named.zh}没有值`, en: `${named.en} has no value` },
      fix: { zh: `写成 ${key}${sample(context)}`, en: `write \`${key}${sample(context)}\`` },
    };
  }
  const wanted = typeNames[expected] ?? { zh: expected, en: expected };
  const got = nameOfValue(value);
  const said = {
    rule: 'WrongType',
    text: {
      zh: `${named.zh}须是${wanted.zh}，这里是${got.zh}`,
      en: `${named.en} must be ${wanted.en}; this is ${got.en}`,
    },
  };
  if (expected === 'string' && typeof value !== 'object') return { ...said, ...quoteFix(context) };
  if ((expected === 'int' || expected === 'number') && typeof value === 'string' && /^\d{1,9}$/.test(value)) {
    return {
      ...said,
      fix: { zh: `去掉引号，写成 ${value}`, en: `write ${value} without quotes` },
      ...edits(context, value),
    };
  }
  if (expected === 'array' && typeof value === 'object') {
    return { ...said, fix: { zh: '在每一项前加“- ”', en: 'put "- " before each entry' } };
  }
  const fix = { zh: `写成 ${key}${sample(context)}`, en: `write \`${key}${sample(context)}\`` };
  return { ...said, fix };
}

/** How the field is written, by its shape. */
function sample(context: IssueContext): string {
  const schema = schemaAt(context.root, context.path);
  const shape = schema === undefined ? 'scalar' : shapeOf(schema);
  if (shape === 'list') return ': [ … ]';
  if (shape === 'map') return ': { … }';
  return `: ${exampleOf(context)}`;
}

/** YAML read unquoted text as a number or a truth value: quotes keep it as it stands. */
function quoteFix(context: IssueContext): Pick<Said, 'fix' | 'edits'> {
  const { draft, path, root } = context;
  const written = draft.isPlain(path) ? draft.sourceText(path) : String(context.value);
  const quoted = JSON.stringify(written);
  const fix = { zh: `加上引号：${quoted}`, en: `put it in quotes: ${quoted}` };
  const valid = schemaAt(root, path)?.safeParse(written).success === true;
  return valid ? { fix, ...edits(context, quoted) } : { fix };
}

function edits({ draft, path }: IssueContext, replacement: string): { edits?: readonly Edit[] } {
  const edit = draft.replaceValue(path, replacement);
  return edit === undefined ? {} : { edits: [edit] };
}

function valueWords(allowed: readonly string[], context: IssueContext): Said {
  if (context.value === undefined || context.value === null) {
    const said = typeWords('string', context);
    const first = allowed.length === 1 ? allowed[0] : allowed.join(' | ');
    const key = lastKey(context.path);
    return { ...said, fix: { zh: `加上 ${key}: ${first}`, en: `add \`${key}: ${first}\`` } };
  }
  const written = String(context.value);
  const near = nearest(written, allowed);
  const list = allowed.join('、');
  const named = label(context);
  return {
    rule: 'UnknownValue',
    text: { zh: `${named.zh}不能是 ${show(written)}`, en: `${named.en} cannot be ${show(written)}` },
    fix: { zh: `可以是：${list}`, en: `use one of: ${allowed.join(', ')}` },
    ...(near.length > 0 ? { near } : {}),
  };
}

function formatWords(context: IssueContext): Said {
  const { root, path } = context;
  const schema = schemaAt(root, path);
  const written = String(context.value);
  const named = label(context);
  const format = formatOf(schema);
  const example = notesOf(schema).example;
  const shape = format?.text ?? {
    zh: example === undefined ? '见说明文档' : `例如 ${example}`,
    en: example === undefined ? 'see the documentation' : `e.g. ${example}`,
  };
  const better = schema === undefined ? undefined : repaired(schema, written);
  const wide = /[\u3000\uff01-\uff5e]/.exec(written)?.[0];
  const where =
    wide === undefined
      ? { zh: '', en: '' }
      : { zh: `，其中有全角字符“${wide}”`, en: `; it holds the full-width character "${wide}"` };
  return {
    rule: 'WrongFormat',
    text: {
      zh: `${named.zh}的写法不对：${show(written)}${where.zh}`,
      en: `${named.en} is not written right: ${show(written)}${where.en}`,
    },
    fix: shape,
    ...(better === undefined ? {} : { near: [better] }),
    ...(better !== undefined && sameMeaning(written, better) ? edits(context, JSON.stringify(better)) : {}),
  };
}

/** Whether the repair only changes full-width characters, outer spaces or the way a date is written. */
function sameMeaning(written: string, better: string): boolean {
  const narrow = written.normalize('NFKC').trim();
  if (narrow === better) return true;
  const numbers = (text: string) => text.split(/\D+/).filter(Boolean).map(Number).join(' ');
  return /^\d{4}-\d\d-\d\d$/.test(better) && numbers(narrow) === numbers(better);
}

function boundWords(context: IssueContext): Said {
  const notes = notesOf(schemaAt(context.root, context.path));
  const { value } = context;
  const named = label(context);
  if (typeof value === 'number') {
    const { minimum = 0, maximum = 1_000_000_000_000 } = notes;
    return {
      rule: 'OutOfRange',
      text: { zh: `${named.zh}超出范围：${value}`, en: `${named.en} is out of range: ${value}` },
      fix: { zh: `须在 ${minimum} 到 ${maximum} 之间`, en: `use ${minimum} to ${maximum}` },
    };
  }
  if (Array.isArray(value)) return lengthWords(named, notes.maxItems ?? 0, '项', 'entries');
  return lengthWords(named, notes.maxLength ?? 0, '个字符', 'characters');
}

function lengthWords(named: Text, max: number, zh: string, en: string): Said {
  return {
    rule: 'TooLong',
    text: { zh: `${named.zh}过长`, en: `${named.en} is too long` },
    fix: { zh: `最多 ${max} ${zh}`, en: `at most ${max} ${en}` },
  };
}

function customWords(issue: z.core.$ZodIssueCustom, context: IssueContext): Said {
  const params = issue.params ?? {};
  const rule = String(params['rule'] ?? 'Invalid');
  const named = label(context);
  if (rule === 'Length') {
    const { value } = context;
    const max = Number(params['max'] ?? 0);
    if (typeof value === 'object') return lengthWords(named, max, '项', 'entries');
    if (value === '') return typeWords('string', { ...context, value: null });
    return lengthWords(named, max, '个字符', 'characters');
  }
  if (rule === 'Duplicate') return duplicateWords(context, String(params['what'] ?? 'value'));
  const text = params['text'] as Text | undefined;
  return { rule, text: text ?? { zh: issue.message, en: issue.message }, fix: ruleFix(rule) };
}

function duplicateWords({ path, value }: IssueContext, what: string): Said {
  const list = fieldText(path.slice(0, -1));
  const keys = what === 'value' ? [] : what.split(', ');
  const entry = value as Record<string, unknown>;
  const shown = keys.length === 0 ? String(value) : keys.map((key) => `${key} ${String(entry?.[key])}`).join(', ');
  return {
    rule: 'Duplicate',
    text: { zh: `${list} 中 ${shown} 出现两次`, en: `${shown} stands twice in \`${list}\`` },
    fix: { zh: '删除其中一项', en: 'remove one of them' },
  };
}

const fixes: Readonly<Record<string, Text>> = {
  NotServed: { zh: '删除该字段；平台提供此服务后再添加', en: 'remove the field; add it when the platform serves it' },
  QuotaMissing: { zh: '加上规格，例如 size: small', en: 'add a size, e.g. `size: small`' },
  UntilMissing: { zh: '加上到期日，例如 until: "2026-12-31"', en: 'add the last day, e.g. `until: "2026-12-31"`' },
  NoEnvironment: {
    zh: '在 environments 下加上 - { name: production, size: small }',
    en: 'add `- { name: production, size: small }` below `environments`',
  },
  NoMember: {
    zh: '在 members 下加上 - { group: 组名, role: admin }',
    en: 'add `- { group: NAME, role: admin }` below `members`',
  },
  ReservedCode: { zh: '换一个代码', en: 'choose another code' },
  DepartmentCode: { zh: '例如 civilaffairs', en: 'e.g. civilaffairs' },
  TenantName: { zh: '例如 registry', en: 'e.g. registry' },
  ProjectMissing: {
    zh: '加上 project: { ref: 计划编号 } 和 envelope',
    en: 'add `project: { ref: ITEM }` and `envelope`',
  },
  FundsMissing: {
    zh: '加上 funds: { fiscalYear: 年度, ceilingPerMonth: "金额", priceList: 价目表 }',
    en: 'add `funds: { fiscalYear: YEAR, ceilingPerMonth: "YUAN", priceList: VERSION }`',
  },
  ManagementSite: { zh: '只把一个中心的 role 设为 management', en: 'give the role management to one site' },
  LocalSites: { zh: '至少把一个中心的 role 设为 local', en: 'give the role local to at least one site' },
};

/** What to do about a broken rule of core/model. */
export function ruleFix(rule: string): Text {
  return fixes[rule] ?? { zh: '按上述要求修改', en: 'change it as said' };
}

/** A value as it is quoted in sentences; long ones are cut. */
export function show(value: string): string {
  const points = [...value];
  return JSON.stringify(points.length > 60 ? `${points.slice(0, 57).join('')}…` : value);
}
