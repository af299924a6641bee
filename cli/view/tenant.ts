import type { Condition } from '../../core/model/fields.ts';
import type { Tenant } from '../../core/model/kinds.ts';
import { reasons } from '../../core/model/reasons.ts';
import { siteReasons } from '../../core/model/reasons-site.ts';
import type { Waiting } from '../../core/model/tenant.ts';
import type { Lang, Text } from '../../core/text/lang.ts';
import { classTexts, partTexts, readyTexts, roleTexts, stateTexts, wordOf } from '../../core/text/tenancy.ts';
import type { Context } from '../context.ts';
import { refOf } from '../tenants.ts';
import { type ColumnLook, renderTable } from './table.ts';
import { age, money } from './words.ts';

const titles = {
  tenant: { zh: '租户', en: 'TENANT' },
  name: { zh: '名称', en: 'NAME' },
  state: { zh: '状态', en: 'STATE' },
  sites: { zh: '中心', en: 'CENTRES' },
  waiting: { zh: '等待', en: 'WAITS FOR' },
  class: { zh: '类别', en: 'CLASS' },
  price: { zh: '每月', en: 'A MONTH' },
  age: { zh: '提交', en: 'ASKED' },
} satisfies Record<string, Text>;

/** Whether the status speaks of the request as it is now; false while the controller has not looked yet. */
export function isCurrent(tenant: Tenant): boolean {
  return (tenant.status?.observedGeneration ?? 0) >= (tenant.metadata.generation ?? 0);
}

/** The state in words; a request that nobody has looked at yet is `Requested`, whatever was before. */
export function stateText(tenant: Tenant, lang: Lang): string {
  const state = tenant.status === undefined || !isCurrent(tenant) ? 'Requested' : tenant.status.state;
  return wordOf(stateTexts, state, lang);
}

/** A tenant's Ready condition. */
export function readyOf(tenant: Tenant): Condition | undefined {
  return tenant.status?.conditions.find((condition) => condition.type === 'Ready');
}

/** One wait in words: for what, for which group, until when. */
export function waitText(wait: Waiting, lang: Lang, today: string): string {
  const part = wordOf(partTexts, wait.part, lang);
  if (wait.due === undefined) return `${part} ${wait.group}`;
  const late = wait.due < today ? (lang === 'zh' ? '，已超时限' : ', overdue') : '';
  return lang === 'zh' ? `${part} ${wait.group}，${wait.due} 前${late}` : `${part} ${wait.group} by ${wait.due}${late}`;
}

const signs = { True: '✓', False: '✗', Unknown: '?' } as const;

function sitesText(tenant: Tenant, ctx: Context): string {
  const paint = { True: ctx.style.good, False: ctx.style.bad, Unknown: ctx.style.warn };
  return (tenant.status?.sites ?? [])
    .map((site) => paint[site.ready](`${site.name} ${wordOf(roleTexts, site.role, ctx.lang)} ${signs[site.ready]}`))
    .join('  ');
}

function stateCell(tenant: Tenant, ctx: Context): string {
  const state = stateText(tenant, ctx.lang);
  const ready = readyOf(tenant);
  if (!isCurrent(tenant) || tenant.status?.state !== 'Active') return state;
  if (ready === undefined) return state;
  const paint = { True: ctx.style.good, False: ctx.style.bad, Unknown: ctx.style.warn }[ready.status];
  return paint(`${state} ${wordOf(readyTexts, ready.status, ctx.lang)}`);
}

/** The table of tenants for people; `wide` adds name, class, price and age. */
export function tenantTable(tenants: readonly Tenant[], ctx: Context, today: string): string[] {
  const wide = ctx.output === 'wide';
  const keys = wide
    ? (['tenant', 'name', 'class', 'state', 'sites', 'price', 'age', 'waiting'] as const)
    : (['tenant', 'state', 'sites', 'waiting'] as const);
  const columns: ColumnLook[] = keys.map((key) => ({ title: titles[key][ctx.lang], shrink: key === 'name' }));
  const cell = (tenant: Tenant, key: (typeof keys)[number]): string => {
    const { lang } = ctx;
    switch (key) {
      case 'tenant':
        return refOf(tenant);
      case 'name':
        return tenant.spec.displayName;
      case 'class':
        return wordOf(classTexts, tenant.spec.class, lang);
      case 'state':
        return stateCell(tenant, ctx);
      case 'sites':
        return sitesText(tenant, ctx);
      case 'waiting':
        return (tenant.status?.waitingFor ?? [])
          .map((wait) => waitText(wait, lang, today))
          .join(lang === 'zh' ? '；' : '; ');
      case 'price':
        return tenant.status?.pricePerMonth === undefined ? '' : money(tenant.status.pricePerMonth, undefined, lang);
      case 'age':
        return age(Date.parse(tenant.metadata.creationTimestamp), ctx.now(), lang);
    }
  };
  return renderTable({
    columns,
    rows: tenants.map((tenant) => keys.map((key) => cell(tenant, key))),
    width: ctx.columns,
  });
}

/** What a reason of a condition means, in one sentence; the reason itself when it is unknown here. */
export function reasonText(reason: string | undefined, lang: Lang): string {
  if (reason === undefined || reason === '') return '';
  const known: Readonly<Record<string, Text>> = { ...siteReasons, ...reasons };
  return Object.hasOwn(known, reason) ? (known[reason]?.[lang] ?? reason) : reason;
}

/** All that is known of one tenant, for people. */
export function tenantDetails(tenant: Tenant, ctx: Context, today: string): string[] {
  const { lang, style, say } = ctx;
  const { status, spec } = tenant;
  const lines = [`${style.bold(refOf(tenant))}  ${spec.displayName}  (${spec.planItem})`];
  const row = (text: Text, value: string) => {
    if (value !== '') lines.push(`${say(text)}: ${value}`);
  };
  row({ zh: '状态', en: 'state' }, stateCell(tenant, ctx));
  const ready = readyOf(tenant);
  if (ready !== undefined && ready.status !== 'True') {
    row(
      { zh: '原因', en: 'why' },
      [reasonText(ready.reason, lang), ready.message].filter((part) => part !== '').join(lang === 'zh' ? '：' : ': '),
    );
  }
  for (const wait of status?.waitingFor ?? []) row({ zh: '等待', en: 'waits for' }, waitText(wait, lang, today));
  for (const block of status?.blocking ?? []) row({ zh: '阻碍', en: 'blocked by' }, block);
  for (const site of status?.sites ?? []) {
    const word = `${site.name} ${wordOf(roleTexts, site.role, lang)} ${wordOf(readyTexts, site.ready, lang)} ${signs[site.ready]}`;
    const why =
      site.ready === 'True'
        ? ''
        : [reasonText(site.reason, lang), site.message ?? ''].filter((part) => part !== '').join('  ');
    row({ zh: '中心', en: 'centre' }, [word, why].filter((part) => part !== '').join('  '));
  }
  if (status?.pricePerMonth !== undefined)
    row({ zh: '每月价格', en: 'price a month' }, money(status.pricePerMonth, undefined, lang));
  row({ zh: '到期', en: 'until' }, spec.until ?? '');
  row({ zh: '移除时间', en: 'removed after' }, status?.removeAfter ?? '');
  row({ zh: '联系组', en: 'contacts' }, `${spec.contacts.owner}  ${spec.contacts.onCall}`);
  if (!isCurrent(tenant)) {
    lines.push(
      style.warn(
        say({ zh: '管理中心尚未处理这一版申请', en: 'the management centre has not looked at this version yet' }),
      ),
    );
  }
  return lines;
}

/** The command that comes next for a tenant, and the group that runs it where that is not the reader. Pure. */
export function nextStep(tenant: Tenant): { readonly line: string; readonly group: string | undefined } {
  const ref = refOf(tenant);
  const wait = tenant.status?.waitingFor?.find(
    ({ part }) => part === 'project' || part === 'funds' || part === 'removal',
  );
  if (wait === undefined) return { line: `jinhong explain ${ref}`, group: undefined };
  const { group, part } = wait;
  if (part !== 'removal') return { line: `jinhong approve ${ref} --part ${part}`, group };
  const leaving = tenant.metadata.deletionTimestamp !== undefined;
  const names = leaving ? tenant.spec.environments.map(({ name }) => name).join(' ') : 'ENVIRONMENT';
  return { line: `jinhong approve ${ref} --part project --remove ${names}`, group };
}
