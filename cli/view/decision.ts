import { type PartRefusal, readApprovals, refusals } from '../../core/decide/envelope.ts';
import type { ApprovalSpec, Envelope } from '../../core/model/approval.ts';
import type { Cloud } from '../../core/model/cloud.ts';
import { quotaFields } from '../../core/model/fields.ts';
import type { Approval, Tenant } from '../../core/model/kinds.ts';
import { apiVersion } from '../../core/model/names.ts';
import type { Lang, Text } from '../../core/text/lang.ts';
import {
  classTexts,
  decisionTexts,
  envelopeTexts,
  misfitText,
  partTexts,
  refusalTexts,
  resourceTexts,
  wordOf,
} from '../../core/text/tenancy.ts';
import { newest } from '../approval.ts';
import { askedOf } from '../asked.ts';
import { refOf } from '../tenants.ts';
import type { Style } from './style.ts';
import { renderTable } from './table.ts';
import { money } from './words.ts';

/** What a reviewer is shown before deciding. */
export interface DecisionLook {
  readonly tenant: Tenant;
  readonly spec: ApprovalSpec;
  /** All Approvals for the tenant, oldest first. */
  readonly known: readonly Approval[];
  readonly cloud: Cloud | undefined;
  readonly lang: Lang;
  readonly style: Style;
}

type Row = readonly [what: string, asked: string, before: string, decided: string];

const words = {
  what: { zh: '项目', en: 'what' },
  asked: { zh: '申请', en: 'asked now' },
  before: { zh: '此前批准', en: 'allowed before' },
  decided: { zh: '此次批准', en: 'allowed by this' },
  price: { zh: '每月价格', en: 'price a month' },
  ceiling: { zh: '每月上限', en: 'ceiling a month' },
  year: { zh: '财政年度', en: 'fiscal year' },
  list: { zh: '价目表', en: 'price list' },
  until: { zh: '有效期', en: 'until' },
  ref: { zh: '立项文号', en: 'project' },
  reason: { zh: '理由', en: 'reason' },
  removes: { zh: '将同意移除的环境', en: 'environments whose removal this allows' },
  leaving: {
    zh: '部门已删除该租户，正在等待同意移除',
    en: 'the department has deleted this tenant; its removal waits',
  },
  above: {
    zh: '注意：此后租户仍将等待',
    en: 'note: the tenant will go on waiting after this',
  },
} satisfies Record<string, Text>;

/** Lines that say all a decision allows, beside what is asked now and what was allowed before. Pure. */
export function decisionLines(look: DecisionLook): string[] {
  const { tenant, spec, lang, style } = look;
  const lines = [
    `${style.bold(`${refOf(tenant)}  ${tenant.spec.displayName}`)}  (${tenant.spec.planItem})`,
    `${wordOf(partTexts, spec.part, lang)}: ${wordOf(decisionTexts, spec.decision, lang)}  ${spec.decidedBy}`,
  ];
  if (spec.reason !== undefined) lines.push(`${words.reason[lang]}: ${spec.reason}`);
  if (tenant.metadata.deletionTimestamp !== undefined) lines.push(style.warn(words.leaving[lang]));
  if (spec.decision !== 'approved') return lines;
  const rows = spec.part === 'project' ? projectRows(look) : fundsRows(look);
  const columns = [words.what, words.asked, words.before, words.decided].map((text) => ({ title: text[lang] }));
  lines.push('', ...renderTable({ columns, rows, width: 0 }), '', ...warnings(look));
  return lines;
}

function fundsRows({ spec, known, tenant, cloud, lang }: DecisionLook): Row[] {
  const before = newest('funds', known, 'approved')?.spec;
  const price = cloud === undefined ? '' : askedOf(tenant.spec, cloud).pricePerMonth;
  const amount = (value: string | undefined) =>
    value === undefined || value === '' ? '' : money(value, cloud?.prices.currency, lang);
  return [
    [words.price[lang], amount(price), '', ''],
    [words.ceiling[lang], '', amount(before?.funds?.ceilingPerMonth), amount(spec.funds?.ceilingPerMonth)],
    [words.list[lang], cloud?.prices.version ?? '', before?.funds?.priceList ?? '', spec.funds?.priceList ?? ''],
    [words.year[lang], '', String(before?.funds?.fiscalYear ?? ''), String(spec.funds?.fiscalYear ?? '')],
    [words.until[lang], tenant.spec.until ?? '', before?.until ?? '', spec.until ?? ''],
  ];
}

function projectRows({ spec, known, tenant, cloud, lang }: DecisionLook): Row[] {
  const before = newest('project', known, 'approved')?.spec;
  const asked = cloud === undefined ? undefined : askedOf(tenant.spec, cloud);
  const sides = [asked?.envelope, before?.envelope, spec.envelope] as const;
  const named = (what: string, read: (envelope: Envelope) => string): Row => {
    const [a = '', b = '', c = ''] = sides.map((envelope) => (envelope === undefined ? '' : read(envelope)));
    return [what, a, b, c];
  };
  const list = (key: 'environments' | 'hostnames' | 'zones' | 'egress' | 'tiers') =>
    named(wordOf(envelopeTexts, key, lang), (envelope) => envelope[key]?.join(' ') ?? '');
  const amounts = quotaFields.map((field) =>
    named(wordOf(resourceTexts, field, lang), (envelope) => String(envelope.hard?.[field] ?? '')),
  );
  const price = asked === undefined ? '' : money(asked.pricePerMonth, cloud?.prices.currency, lang);
  const rows: Row[] = [
    [words.ref[lang], tenant.spec.planItem, before?.project?.ref ?? '', spec.project?.ref ?? ''],
    named(wordOf(envelopeTexts, 'class', lang), (envelope) =>
      envelope.class === undefined ? '' : wordOf(classTexts, envelope.class, lang),
    ),
    list('environments'),
    ...amounts,
    list('hostnames'),
    list('zones'),
    list('egress'),
    list('tiers'),
    [words.until[lang], tenant.spec.until ?? '', before?.until ?? '', spec.until ?? ''],
    [words.price[lang], price, '', ''],
  ];
  return rows.filter(([, ...cells]) => cells.some((cell) => cell !== ''));
}

function warnings(look: DecisionLook): string[] {
  const { tenant, spec, known, lang, style } = look;
  const lines: string[] = [];
  const kept = spec.envelope?.environments;
  if (spec.part === 'project' && kept !== undefined) {
    const before = newest('project', known, 'approved')?.spec.envelope?.environments ?? [];
    const asked = tenant.spec.environments.map((environment) => environment.name);
    const gone = [...new Set([...before, ...asked])].filter((name) => !kept.includes(name));
    if (gone.length > 0) lines.push(style.warn(`${words.removes[lang]}: ${gone.join(' ')}`));
  }
  for (const { part, why, misfits } of missingAfter(look)) {
    const reason = `${wordOf(partTexts, part, lang)} ${wordOf(refusalTexts, why, lang)}`;
    const details = misfits.map((misfit) => `; ${misfitText(misfit, lang)}`).join('');
    lines.push(style.warn(`${words.above[lang]}: ${reason}${details}`));
  }
  return lines;
}

/** What would still keep the request waiting once this decision is recorded. */
function missingAfter({ tenant, spec, known, cloud }: DecisionLook): PartRefusal[] {
  if (cloud === undefined) return [];
  const { name, generation = 1 } = tenant.metadata;
  const later = { ...tenant.metadata, creationTimestamp: '9999-12-31T00:00:00Z', name: `${name}-new` };
  const state = readApprovals([...known, { apiVersion, kind: 'Approval', metadata: later, spec }], name, generation);
  const { environments } = askedOf(tenant.spec, cloud);
  const request = { class: tenant.spec.class, environments, domain: undefined };
  const today = spec.decidedAt.slice(0, 10);
  return refusals(state, request, cloud, today).filter((one) => one.part === spec.part && one.why !== 'missing');
}
