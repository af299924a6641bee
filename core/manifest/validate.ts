import type { z } from 'zod';
import { cloudManifest, type KindName, kinds, manifestSchema } from '../model/kinds.ts';
import { apiVersion } from '../model/names.ts';
import { Draft } from './document.ts';
import { type Healed, heal } from './heal.ts';
import { nearest } from './near.ts';
import { toValue } from './node.ts';
import type { ParsedDocument } from './parse.ts';
import { fieldText } from './schema-walk.ts';
import { findTraps } from './traps.ts';
import type { FieldPath, Manifest, Problem, Severity } from './types.ts';
import { type Said, wordsFor } from './words.ts';
import { isOurs, isToolFile, unpackWorkloads, type Workload } from './workload.ts';
import { listOfOurs, missingVersion, notOurs, toolFile } from './workload-words.ts';

/** Kinds that authors write. */
export type AuthorKind = 'Cloud' | 'Department' | 'Tenant' | 'Approval';
const authorKinds: readonly AuthorKind[] = ['Tenant', 'Department', 'Approval', 'Cloud'];
/** Kinds of the design that no controller acts on yet. */
const laterKinds: readonly string[] = ['Failover', 'Maintenance', 'Offering'];

export interface Validated {
  readonly kind?: AuthorKind;
  readonly draft?: Draft<Manifest<unknown>>;
  /** Objects of other API groups in this document; the rules of admission judge them (cli/check/workloads.ts). */
  readonly workloads?: readonly Draft<Workload>[];
  readonly problems: readonly Problem[];
}

const schemas = new Map<AuthorKind, z.ZodType>();

/** The schema of one kind as its author writes it; made once. */
export function schemaOf(kind: AuthorKind): z.ZodType {
  let schema = schemas.get(kind);
  if (schema === undefined) {
    schema = kind === 'Cloud' ? cloudManifest : manifestSchema(kind);
    schemas.set(kind, schema);
  }
  return schema;
}

/** Judges one document by its kind's schema. Empty documents give nothing; objects of other groups are only handed on. */
export function validateDocument(document: ParsedDocument): Validated {
  const value = toValue(document.node);
  if (value === null) return { problems: [] };
  const draft = new Draft(value as Manifest<unknown>, { ...document, sound: false });
  if (typeof value !== 'object' || Array.isArray(value)) {
    return { problems: document.broken ? [] : [problem(draft, [], notFields)] };
  }
  const fields = value as Record<string, unknown>;
  if (isForeign(fields)) return foreign(document, draft, fields);
  const kind = authorKinds.find((known) => known === fields['kind']);
  if (kind === undefined) return { problems: document.broken ? [] : kindProblems(draft, fields) };
  const schema = schemaOf(kind);
  const result = schema.safeParse(value);
  const traps = findTraps(document, schema);
  if (result.success && traps.length === 0 && !document.broken) {
    return { kind, draft: new Draft(value as Manifest<unknown>, { ...document, sound: true }), problems: [] };
  }
  if (document.broken) return { kind, draft: readable(document, value), problems: [] };
  const healed = heal(schema, value);
  const mended = new Draft(healed.value as Manifest<unknown>, {
    ...document,
    sound: result.success && traps.every((trap) => trap.severity !== 'error'),
    renames: healed.renames,
  });
  const trapped = new Set(traps.map((trap) => trap.field));
  const issues = schemaProblems(mended, schema, healed).filter((each) => !trapped.has(each.field));
  return { kind, draft: mended, problems: [...traps, ...issues] };
}

/** Whether a document is about an object of another API group. Our kinds under a plain `v1` are taken as slips. */
function isForeign({ apiVersion: version, kind }: Readonly<Record<string, unknown>>): boolean {
  if (typeof version !== 'string' || version === '' || isOurs(version)) return false;
  if (typeof kind !== 'string' || kind === '') return false;
  const known = kind in kinds || (authorKinds as readonly string[]).includes(kind) || laterKinds.includes(kind);
  return !known || version.includes('.');
}

function foreign(
  document: ParsedDocument,
  draft: Draft<unknown>,
  fields: Readonly<Record<string, unknown>>,
): Validated {
  if (document.broken) return { problems: [] };
  if (isToolFile(draft.file, fields)) return { problems: [problem(draft, [], toolFile)] };
  const { workloads, ours, nameless } = unpackWorkloads(document);
  const problems = [
    ...ours.map((each) => problem(each, ['kind'], listOfOurs)),
    ...nameless.map((each) => problem(each, [], noKind(true))),
  ];
  return { workloads, problems };
}

function readable(document: ParsedDocument, value: object): Draft<Manifest<unknown>> {
  return new Draft(value as Manifest<unknown>, { ...document, sound: false });
}

function schemaProblems(draft: Draft<Manifest<unknown>>, root: z.ZodType, healed: Healed): Problem[] {
  const problems: Problem[] = healed.unknownKeys.map(({ path, key, said }) => {
    const { start, end } = draft.keySpan(path, key);
    const place = draft.source.place(start, end);
    const field = fieldText([...draft.written(path), key]);
    return { file: draft.file, ...place, severity: 'error', field, ...said };
  });
  for (const issue of healed.issues) {
    const path = issue.path as FieldPath;
    const value = valueAt(healed.value, path);
    problems.push(problem(draft, path, wordsFor(issue, { draft, root, path, value })));
  }
  return problems;
}

function valueAt(value: unknown, path: FieldPath): unknown {
  let here = value;
  for (const step of path) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, step)) return undefined;
    here = (here as Record<string | number, unknown>)[step];
  }
  return here;
}

/** A problem at a field of a document. */
export function problem(
  draft: Draft<unknown>,
  path: FieldPath,
  said: Said & { readonly severity?: Severity },
): Problem {
  const { severity = 'error', ...rest } = said;
  const field = fieldText(draft.written(path));
  return { file: draft.file, ...draft.at(path), severity, ...(field === '' ? {} : { field }), ...rest };
}

const notFields: Said = {
  rule: 'NotAManifest',
  text: {
    zh: '这不是一份清单：应由 apiVersion、kind 等字段组成',
    en: 'this is no manifest: it should hold fields such as apiVersion and kind',
  },
  fix: { zh: '以 jinhong new tenant 生成一份', en: 'make one with `jinhong new tenant`' },
};

/** What to say of an object whose kind is not one that authors write. */
function kindProblems(draft: Draft<unknown>, fields: Readonly<Record<string, unknown>>): Problem[] {
  const { kind, apiVersion: version } = fields;
  const ours = isOurs(version);
  if (isToolFile(draft.file, fields)) return [problem(draft, [], toolFile)];
  if (typeof kind !== 'string' || kind === '') {
    if (typeof version === 'string' && !ours) return [problem(draft, [], notOurs(version))];
    return [problem(draft, kind === undefined ? [] : ['kind'], noKind(kind === undefined))];
  }
  if (kind in kinds) return [problem(draft, ['kind'], platformKind(kind as KindName))];
  if (laterKinds.includes(kind) && (ours || version === undefined)) return [problem(draft, ['kind'], laterKind(kind))];
  if (version === undefined && !isMeant(kind)) return [problem(draft, ['kind'], missingVersion(kind))];
  return [problem(draft, ['kind'], unknownKind(kind, nearest(kind, authorKinds)))];
}

/** Whether a kind is probably a misspelt one of ours: `Deployment` is near to Department, and is not. */
function isMeant(kind: string): boolean {
  return kind !== 'Deployment' && nearest(kind, authorKinds).length > 0;
}

function noKind(missing: boolean): Said {
  return {
    rule: missing ? 'NotAManifest' : 'MissingField',
    text: { zh: '缺少 kind（清单种类）', en: '`kind` (what the manifest describes) is missing' },
    fix: {
      zh: `加上 apiVersion: ${apiVersion} 和 kind: Tenant；若这不是清单，在文件首行写 # jinhong:ignore-file`,
      en: `add \`apiVersion: ${apiVersion}\` and \`kind: Tenant\`; if this is no manifest, write \`# jinhong:ignore-file\` in its first line`,
    },
  };
}

function platformKind(kind: KindName): Said {
  return {
    rule: 'PlatformKind',
    text: {
      zh: `${kind}（${kinds[kind].text.zh}）由平台自己写入`,
      en: `${kind} (${kinds[kind].text.en}) is written by the platform itself`,
    },
    fix: { zh: '删除这一份；部门只写 Tenant', en: 'remove it; departments write Tenant only' },
  };
}

function laterKind(kind: string): Said {
  return {
    rule: 'NotServed',
    text: { zh: `${kind} 尚未提供服务`, en: `${kind} is not served yet` },
    fix: { zh: '删除这一份', en: 'remove it' },
  };
}

function unknownKind(kind: string, near: readonly string[]): Said {
  return {
    rule: 'UnknownKind',
    text: { zh: `没有 ${kind} 这种清单`, en: `there is no kind ${kind}` },
    fix: { zh: `可以是：${authorKinds.join('、')}`, en: `use one of: ${authorKinds.join(', ')}` },
    ...(near.length > 0 ? { near } : {}),
  };
}
