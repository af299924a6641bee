import type { z } from 'zod';
import { Draft } from './document.ts';
import type { YamlNode } from './node.ts';
import type { ParsedDocument } from './parse.ts';
import { fieldText, schemaAt } from './schema-walk.ts';
import type { FieldPath, Problem } from './types.ts';

interface Trap {
  readonly pattern: RegExp;
  readonly severity: 'error' | 'warning';
  readonly zh: string;
  readonly en: string;
}

/** Unquoted values that YAML 1.1 readers (kubectl, Python) take for something else: yaml.org/type, 2005. */
const traps: readonly Trap[] = [
  {
    pattern: /^(yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF|y|Y|n|N)$/,
    severity: 'error',
    zh: '真假值',
    en: 'true or false',
  },
  {
    pattern: /^[-+]?0[0-9]+$|^0o[0-7]+$|^0x[0-9a-fA-F]+$/,
    severity: 'error',
    zh: '八进制或十六进制数',
    en: 'an octal or hexadecimal number',
  },
  {
    pattern: /^[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9]*)?$/,
    severity: 'error',
    zh: '六十进制数',
    en: 'a number to the base of 60',
  },
  { pattern: /^[-+]?[0-9]+(_[0-9]+)+$/, severity: 'error', zh: '数字', en: 'a number' },
  {
    pattern: /^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ].*)?$/,
    severity: 'warning',
    zh: '日期而不是文字',
    en: 'a date, not text',
  },
];

/** Unquoted scalars of a document that other YAML readers would read differently, each with quotes as its repair. */
export function findTraps(document: ParsedDocument, schema: z.ZodType): Problem[] {
  const { text } = document.source;
  const problems: Problem[] = [];
  let draft: Draft<unknown> | undefined;
  const visit = (node: YamlNode, path: FieldPath): void => {
    if (node.type === 'map') for (const entry of node.entries) visit(entry.value, [...path, entry.key]);
    else if (node.type === 'seq') for (const [index, item] of node.items.entries()) visit(item, [...path, index]);
    else if (node.plain && node.value !== null && node.end - node.start <= 40) {
      const written = text.slice(node.start, node.end);
      const first = written.charCodeAt(0);
      const candidate = (first >= 0x30 && first <= 0x39) || first === 0x2b || first === 0x2d || written.length <= 3;
      const trap = candidate ? traps.find(({ pattern }) => pattern.test(written)) : undefined;
      if (trap === undefined) return;
      draft ??= new Draft<unknown>(undefined, { ...document, sound: false });
      problems.push(trapProblem(draft, trap, { path, written, schema }));
    }
  };
  visit(document.node, []);
  return problems;
}

function trapProblem(
  draft: Draft<unknown>,
  trap: Trap,
  { path, written, schema }: { path: FieldPath; written: string; schema: z.ZodType },
): Problem {
  const quoted = JSON.stringify(written);
  const field = schemaAt(schema, path);
  const fits = typeof field?.safeParse(written).data === 'string';
  const edit = fits ? draft.replaceValue(path, quoted) : undefined;
  const wantsTruth = field?.safeParse(true).success === true;
  const digits = written.replace(/^0[ox]|_/g, '');
  const plain = wantsTruth
    ? String(/^(y|on)/i.test(written))
    : fits || Number.isNaN(Number(digits))
      ? quoted
      : String(Number(digits));
  return {
    file: draft.file,
    ...draft.at(path),
    rule: 'YamlTrap',
    severity: trap.severity,
    field: fieldText(path),
    text: {
      zh: `${written} 未加引号，有的工具会把它读成${trap.zh}`,
      en: `${written} has no quotes; some tools read it as ${trap.en}`,
    },
    fix: { zh: `写成 ${plain}`, en: `write ${plain}` },
    ...(edit === undefined ? {} : { edits: [edit] }),
  };
}
