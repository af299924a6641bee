import { countingApprovals, readApprovals, refusals } from '../../core/decide/envelope.ts';
import { type Amounts, formatAmount, parseQuota, sumAmounts } from '../../core/decide/quota-math.ts';
import type { Cloud } from '../../core/model/cloud.ts';
import { type QuotaField, quotaFields } from '../../core/model/fields.ts';
import type { Approval, Department, Tenant } from '../../core/model/kinds.ts';
import type { Lang, Text } from '../../core/text/lang.ts';
import { misfitText, partTexts, refusalTexts, resourceTexts, roleTexts, wordOf } from '../../core/text/tenancy.ts';
import { askedOf } from '../asked.ts';
import { refOf } from '../tenants.ts';
import type { Style } from '../view/style.ts';
import { renderTable } from '../view/table.ts';
import { isCurrent, readyOf, reasonText, stateText } from '../view/tenant.ts';
import { money } from '../view/words.ts';
import type { SiteUse } from './used.ts';

/** All that the explanation of one tenant is made from. */
export interface Facts {
  readonly tenant: Tenant;
  readonly approvals: readonly Approval[];
  readonly department: Department | undefined;
  /** Undefined when the cloud's facts could not be read: presets then stay closed. */
  readonly cloud: Cloud | undefined;
  readonly used: readonly SiteUse[];
  /** Date in civil time of the cloud. */
  readonly today: string;
}

/** The same facts for programs: amounts as canonical quantities, `null` where nothing is known. */
export function explanation(facts: Facts) {
  const { tenant, cloud, used } = facts;
  const asked = cloud === undefined ? undefined : askedOf(tenant.spec, cloud);
  const state = approvalState(facts);
  return {
    apiVersion: 'jinhong.dev/v1alpha1',
    kind: 'Explanation',
    tenant: refOf(tenant),
    asked: asked === undefined ? null : { ...asked.envelope, pricePerMonth: asked.pricePerMonth },
    allowed: countingApprovals(state).map(({ metadata, spec }) => ({
      name: metadata.name,
      part: spec.part,
      until: spec.until,
      envelope: spec.envelope,
      funds: spec.funds,
    })),
    granted: tenant.status?.granted ?? null,
    grantedGeneration: tenant.status?.grantedGeneration ?? null,
    generation: tenant.metadata.generation ?? null,
    running: tenant.status?.sites ?? [],
    used: used.map((site) => ({
      site: site.site,
      role: site.role,
      used: site.used === undefined ? null : plain(site.used),
      missing: site.missing,
    })),
    differs: differences(facts, 'en'),
  };
}

function plain(amounts: Amounts): Record<string, string> {
  const found: Record<string, string> = {};
  for (const field of quotaFields) {
    const value = amounts[field];
    if (value !== undefined) found[field] = formatAmount(field, value);
  }
  return found;
}

function approvalState({ tenant, approvals }: Facts) {
  return readApprovals(approvals, tenant.metadata.name, tenant.metadata.generation ?? 1);
}

function cell(amounts: Amounts | undefined, field: QuotaField): string {
  const value = amounts?.[field];
  return value === undefined ? '' : formatAmount(field, value);
}

/** The page about one tenant: a table of amounts from asked to used, then why they differ and what comes next. Pure. */
export function tenantLines(facts: Facts, lang: Lang, style: Style): string[] {
  const { tenant, cloud, used } = facts;
  const t = (text: Text) => text[lang];
  const asked = cloud === undefined ? undefined : askedOf(tenant.spec, cloud);
  const allowed = countingApprovals(approvalState(facts)).find(({ spec }) => spec.part === 'project')?.spec.envelope
    ?.hard;
  const sides: (Amounts | undefined)[] = [
    asked === undefined ? undefined : sumAmounts(asked.environments.map((one) => parseQuota(one.quota))),
    allowed === undefined ? undefined : parseQuota(allowed),
    tenant.status?.granted === undefined ? undefined : parseQuota(tenant.status.granted),
    ...used.map((site) => site.used),
  ];
  const titles = [
    t({ zh: '资源', en: 'resource' }),
    t({ zh: '申请', en: 'asked' }),
    t({ zh: '批准上限', en: 'allowed' }),
    t({ zh: '分配', en: 'granted' }),
    ...used.map((site) => `${t({ zh: '已用', en: 'used' })} ${site.site}`),
  ];
  const rows = quotaFields
    .map((field) => [wordOf(resourceTexts, field, lang), ...sides.map((side) => cell(side, field))])
    .filter((row) => row.slice(1).some((one) => one !== ''));
  const columns = titles.map((title, index) => ({ title, right: index > 0 }));
  const price =
    asked === undefined
      ? []
      : [`${t({ zh: '每月价格', en: 'price a month' })}: ${money(asked.pricePerMonth, cloud?.prices.currency, lang)}`];
  return [
    `${style.bold(refOf(tenant))}  ${tenant.spec.displayName}  ${stateText(tenant, lang)}`,
    '',
    ...renderTable({ columns, rows, width: 0 }),
    '',
    ...price,
    ...approvalLines(facts, lang),
    ...runningLines(facts, lang),
    '',
    style.bold(t({ zh: '为何不同', en: 'why they differ' })),
    ...differences(facts, lang).map((line) => `  ${line}`),
  ];
}

function approvalLines(facts: Facts, lang: Lang): string[] {
  const state = approvalState(facts);
  return (['project', 'funds'] as const).map((part) => {
    const { current } = state[part];
    const word = wordOf(partTexts, part, lang);
    if (current === undefined) return `${word}: ${lang === 'zh' ? '尚无审批' : 'not decided'}`;
    const { spec, metadata } = current;
    const ceiling =
      spec.funds === undefined ? '' : `  ≤ ${money(spec.funds.ceilingPerMonth, facts.cloud?.prices.currency, lang)}`;
    const until = spec.until === undefined ? '' : lang === 'zh' ? `，至 ${spec.until}` : `, until ${spec.until}`;
    return `${word}: ${metadata.name}  ${spec.decidedBy}  ${spec.decidedAt.slice(0, 10)}${until}${ceiling}`;
  });
}

function runningLines({ tenant, used }: Facts, lang: Lang): string[] {
  return (tenant.status?.sites ?? []).map((site) => {
    const missing = used.find((one) => one.site === site.name)?.missing;
    const said = missing === undefined ? '' : `  (${missingTexts[missing][lang]})`;
    const why = site.ready === 'True' ? '' : `  ${reasonText(site.reason, lang)} ${site.message ?? ''}`.trimEnd();
    return `${site.name}: ${wordOf(roleTexts, site.role, lang)}, Ready=${site.ready}${why}${said}`;
  });
}

const missingTexts: Readonly<Record<NonNullable<SiteUse['missing']>, Text>> = {
  noContext: { zh: 'kubeconfig 中没有该中心，用量未知', en: 'not in the kubeconfig, so its use is unknown' },
  unreachable: { zh: '该中心没有应答，用量未知', en: 'it did not answer, so its use is unknown' },
  forbidden: { zh: '您无权查看那里的用量', en: 'you may not see the use there' },
};

/** Why asked, allowed, granted and running are not the same; one line that says so when they are. Pure. */
export function differences(facts: Facts, lang: Lang): string[] {
  const { tenant, approvals, cloud, department, today } = facts;
  const zh = lang === 'zh';
  const lines: string[] = [];
  if (!isCurrent(tenant))
    lines.push(zh ? '管理中心尚未处理这一版申请' : 'the management centre has not looked at this version yet');
  if (cloud === undefined)
    lines.push(zh ? '读不到 cloud.yaml，规格未展开' : "the cloud's facts cannot be read, so presets stay closed");
  else {
    const { environments } = askedOf(tenant.spec, cloud);
    const request = { class: tenant.spec.class, environments, domain: department?.spec.domain };
    const state = readApprovals(approvals, tenant.metadata.name, tenant.metadata.generation ?? 1);
    for (const { part, why, misfits } of refusals(state, request, cloud, today)) {
      const word = wordOf(partTexts, part, lang);
      const list = misfits.map((misfit) => misfitText(misfit, lang)).join(zh ? '；' : '; ');
      const details = list === '' ? '' : zh ? `：${list}` : `: ${list}`;
      lines.push(`${word}${zh ? '' : ' '}${wordOf(refusalTexts, why, lang)}${details}`);
    }
  }
  const { status } = tenant;
  const granted = status?.grantedGeneration;
  if (granted !== undefined && granted < (tenant.metadata.generation ?? 0)) {
    lines.push(zh ? `分配的仍是第 ${granted} 版申请` : `what is granted is still version ${granted} of the request`);
  }
  const ready = readyOf(tenant);
  if (ready !== undefined && ready.status !== 'True') {
    lines.push([reasonText(ready.reason, lang), ready.message].filter((part) => part !== '').join(': '));
  }
  for (const block of status?.blocking ?? []) lines.push(block);
  return lines.length > 0
    ? [...new Set(lines)]
    : [zh ? '申请、批准、分配和运行一致' : 'asked, allowed, granted and running agree'];
}
