import type { z } from 'zod';
import { checkRules } from '../../core/manifest/rules.ts';
import { elementOf, fieldsOf, notesOf } from '../../core/manifest/schema-walk.ts';
import { cloudManifest, type KindName, kinds, manifestSchema } from '../../core/model/kinds.ts';
import { reasons } from '../../core/model/reasons.ts';
import { siteReasons } from '../../core/model/reasons-site.ts';
import type { Lang, Text } from '../../core/text/lang.ts';
import { allRules as admissionRules } from '../../policies/index.ts';
import type { Style } from '../view/style.ts';

/** Where a rule is judged or a reason is said. */
export type RuleSource = 'schema' | 'check' | 'admission' | 'reason' | 'siteReason';

/** One rule or reason with where it applies. */
export interface KnownRule {
  readonly id: string;
  readonly text: Text;
  readonly fix?: Text;
  readonly source: RuleSource;
  /** Field that it is about, for rules of a schema. */
  readonly at?: string;
}

function schemaRules(root: z.ZodType, at: string): KnownRule[] {
  const own = (notesOf(root).rules ?? []).map(
    ({ id, text, fieldPath }): KnownRule => ({ id, text, source: 'schema', at: at + (fieldPath ?? '') }),
  );
  const fields = Object.entries(fieldsOf(root) ?? {}).flatMap(([name, field]) => schemaRules(field, `${at}.${name}`));
  const element = elementOf(root);
  return [...own, ...fields, ...(element === undefined ? [] : schemaRules(element, `${at}[]`))];
}

/** Every rule and reason there is, those of manifests first. Pure. */
export function allRules(): KnownRule[] {
  const names = Object.keys(kinds) as KindName[];
  const entries = (table: Readonly<Record<string, Text>>, source: RuleSource) =>
    Object.entries(table).map(([id, text]): KnownRule => ({ id, text, source }));
  return [
    ...names.flatMap((name) => schemaRules(manifestSchema(name), name.toLowerCase())),
    ...schemaRules(cloudManifest, 'cloud'),
    ...Object.entries(checkRules).map(([id, { text, fix }]): KnownRule => ({ id, text, fix, source: 'check' })),
    ...admissionRules.map(({ id, text }): KnownRule => ({ id, text, source: 'admission' })),
    ...entries(reasons, 'reason'),
    ...entries(siteReasons, 'siteReason'),
  ];
}

const sourceTexts: Readonly<Record<RuleSource, Text>> = {
  schema: { zh: '检查清单时和服务器写入时', en: 'judged by `jinhong check` and by the API server' },
  check: { zh: '检查清单时', en: 'judged by `jinhong check`' },
  admission: {
    zh: '每个中心的 API 服务器写入时，以及 jinhong check、plan、up 检查工作负载时',
    en: 'judged by every API server, and for workloads by `jinhong check`, plan and up',
  },
  reason: { zh: '管理中心给出的原因', en: 'a reason given by the management centre' },
  siteReason: { zh: '中心给出的原因', en: 'a reason given by a centre' },
};

/** The page about the rules of one id, for people; several when the same id is judged in several places. Pure. */
export function ruleLines(found: readonly KnownRule[], lang: Lang): string[] {
  const lines: string[] = [];
  for (const rule of found) {
    const at = rule.at === undefined ? '' : `  ${rule.at}`;
    lines.push(`${rule.id}${at}`, `  ${rule.text[lang]}`);
    if (rule.fix !== undefined) lines.push(`  ${lang === 'zh' ? '处理' : 'fix'}: ${rule.fix[lang]}`);
    lines.push(`  (${sourceTexts[rule.source][lang]})`);
  }
  return lines;
}

/** Every rule and reason in groups by where it is judged, one line each, for people; the same id once in a group. Pure. */
export function listLines(all: readonly KnownRule[], lang: Lang, style: Style): string[] {
  const order: readonly RuleSource[] = ['admission', 'schema', 'check', 'reason', 'siteReason'];
  return order.flatMap((source) => {
    const own = new Map(all.filter((rule) => rule.source === source).map((rule) => [rule.id, rule]));
    const width = Math.max(0, ...[...own.keys()].map((id) => id.length));
    const rows = [...own.values()].map(({ id, text }) => `  ${style.name(id.padEnd(width))}  ${text[lang]}`);
    return rows.length === 0 ? [] : [style.bold(sourceTexts[source][lang]), ...rows, ''];
  });
}
