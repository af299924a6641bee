import type { Quota } from '../../core/model/fields.ts';
import type { ObjectPlan, SitePlan } from '../../core/plan/types.ts';
import { keyOfChange } from '../../stacks/centre.ts';
import type { ObjectChange } from '../../stacks/engine/protocol.ts';
import type { Context } from '../context.ts';
import { renderDiff } from '../view/diff.ts';
import { renderTable } from '../view/table.ts';
import { age, money } from '../view/words.ts';
import type { CentrePlan, PlanDocument } from './document.ts';
import { foreignText } from './sets.ts';

type TenantLine = PlanDocument['tenants'][number];

/** The plan for people: removals first and in words, then centres, departments, tenants, what is left, the sum. */
export function planLines(ctx: Context, plan: PlanDocument, next: string): string[] {
  return [
    ...headLines(ctx, plan),
    ...section(ctx, { zh: '移除', en: 'Removals' }, removalLines(ctx, plan)),
    ...section(
      ctx,
      { zh: '平台', en: 'Platform' },
      plan.centres.flatMap((centre) => centreLines(ctx, centre)),
    ),
    ...section(ctx, { zh: '部门', en: 'Departments' }, departmentLines(ctx, plan)),
    ...section(
      ctx,
      { zh: '租户', en: 'Tenants' },
      plan.tenants.flatMap((tenant) => tenantLines(ctx, tenant, plan)),
    ),
    ...leftLines(ctx, plan),
    ...sumLines(ctx, plan, next),
  ];
}

function section(ctx: Context, title: { zh: string; en: string }, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [ctx.style.bold(ctx.say(title)), ...lines.map((line) => `  ${line}`), ''];
}

function headLines(ctx: Context, plan: PlanDocument): string[] {
  const lines = plan.warnings.map((warning) => ctx.style.warn(`! ${warning}`));
  if (plan.tenantsForeign.length > 0) lines.push(ctx.style.bad(`! ${ctx.say(foreignText(plan.tenantsForeign))}`));
  if (plan.recordedAt === undefined) return lines;
  const seen = age(Date.parse(plan.recordedAt), ctx.now(), ctx.lang);
  const text = {
    zh: `依据 ${seen}记录的状态，并非现状`,
    en: `against the state recorded ${seen}, not the present one`,
  };
  return [...lines, ctx.style.warn(`! ${ctx.say(text)}`), ''];
}

function removalLines(ctx: Context, plan: PlanDocument): string[] {
  const tenants = plan.tenants.filter((tenant) => tenant.change === 'remove').map((tenant) => removalOf(ctx, tenant));
  const namespaces = plan.tenants.flatMap((tenant) =>
    tenant.sites.flatMap(({ site, objects }) =>
      objects
        .filter(({ change, kind }) => change === 'delete' && kind === 'Namespace')
        .map(({ name }) =>
          ctx.say({
            zh: `${site}：删除命名空间 ${name} 及其中的一切`,
            en: `${site}: the namespace ${name} with all that is in it`,
          }),
        ),
    ),
  );
  const platform = plan.centres.flatMap(({ name, changes }) =>
    changes
      .filter(({ change }) => change === 'delete' || change === 'replace')
      .map((change) => {
        const key = keyOfChange(change);
        return change.change === 'delete'
          ? ctx.say({ zh: `${name}：删除 ${key}`, en: `${name}: ${key} is deleted` })
          : ctx.say({ zh: `${name}：删除后重建 ${key}`, en: `${name}: ${key} is deleted and made anew` });
      }),
  );
  return [...tenants, ...namespaces, ...platform].map((line) => ctx.style.bad(`- ${line}`));
}

function removalOf(ctx: Context, tenant: TenantLine): string {
  const where = tenant.sites.map(({ site }) => site).join(', ');
  const waits = tenant.waits.map(({ group }) => group).join(', ');
  const name = `${tenant.ref} ${tenant.displayName}`;
  if (waits !== '') {
    return ctx.say({
      zh: `${name}：申请移除，须 ${waits} 批准后才会移除（${where}）`,
      en: `${name}: its removal is asked for; nothing goes before ${waits} allows it (${where})`,
    });
  }
  if (where === '')
    return ctx.say({ zh: `${name}：移除，尚未分配资源`, en: `${name} is removed; nothing was granted to it` });
  return ctx.say({
    zh: `${name}：移除，先冻结，保留期满后删除（${where}）`,
    en: `${name} is removed: frozen first, deleted when its time is over (${where})`,
  });
}

function centreLines(ctx: Context, centre: CentrePlan): string[] {
  const title = ctx.style.name(centre.name);
  if (centre.state === 'unreachable') {
    return [
      ctx.style.bad(
        `${title}  ${ctx.say({ zh: '无法连接，其现状未知，本次不处理', en: 'cannot be reached; its state is not known and it is left alone' })}: ${centre.message ?? ''}`,
      ),
    ];
  }
  if (centre.state === 'failed')
    return [
      ctx.style.bad(`${title}  ${ctx.say({ zh: '无法计算', en: 'could not be planned' })}: ${centre.message ?? ''}`),
    ];
  const known =
    centre.knownAt === undefined
      ? ''
      : ` (${ctx.say({ zh: '上次安装', en: 'installed' })} ${age(Date.parse(centre.knownAt), ctx.now(), ctx.lang)})`;
  if (centre.changes.length === 0) return [`${title}  ${ctx.say({ zh: '无变更', en: 'no change' })}${known}`];
  const drifted = new Set(centre.drifted);
  const shown = ctx.output === 'wide' || centre.changes.length <= 12 ? centre.changes : centre.changes.slice(0, 10);
  const rest = centre.changes.length - shown.length;
  return [
    `${title}  ${counts(centre.changes)}${known}`,
    ...shown.map((change) => `  ${changeLine(ctx, change, drifted)}`),
    ...(rest === 0
      ? []
      : [`  ${ctx.say({ zh: `另有 ${rest} 项，用 -o wide 全部列出`, en: `and ${rest} more; -o wide lists all` })}`]),
    ...centre.warnings.map((warning) => ctx.style.warn(`  ! ${warning}`)),
  ];
}

function changeLine(ctx: Context, change: ObjectChange, drifted: ReadonlySet<string>): string {
  const key = keyOfChange(change);
  const why = drifted.has(key)
    ? `  ${ctx.say({ zh: '被他人改动，将复原', en: 'changed by somebody else, is put right' })}`
    : '';
  const fields =
    change.fields.length === 0
      ? ''
      : `  ${change.fields.slice(0, 4).join(', ')}${change.fields.length > 4 ? ', ...' : ''}`;
  return paint(ctx, change.change, `${sign(change.change)} ${key}${fields}${why}`);
}

function departmentLines(ctx: Context, plan: PlanDocument): string[] {
  const lines = plan.departments.flatMap((department) => [
    paint(
      ctx,
      department.change,
      `${sign(department.change)} ${department.name} ${department.displayName}  (${department.centres.join(', ')})`,
    ),
    ...renderDiff(department.fields, ctx.style).map((line) => `    ${line}`),
  ]);
  if (plan.departmentsKept.length === 0) return lines;
  const names = plan.departmentsKept.join(', ');
  return [
    ...lines,
    ctx.style.dim(
      ctx.say({ zh: `清单中没有、保留不动：${names}`, en: `not in the folder, kept as they are: ${names}` }),
    ),
  ];
}

function tenantLines(ctx: Context, tenant: TenantLine, plan: PlanDocument): string[] {
  const symbol = tenant.change === 'remove' ? 'delete' : tenant.change === 'create' ? 'create' : 'update';
  const price = priceText(ctx, tenant, plan.price.currency);
  const lines = [
    paint(ctx, symbol, `${sign(symbol)} ${tenant.ref} ${tenant.displayName}${price === '' ? '' : `  ${price}`}`),
  ];
  if (tenant.change === 'create' || tenant.fields.some(({ path }) => path.startsWith('spec.environments')))
    lines.push(...tenant.environments.map((environment) => `    ${environmentText(ctx, environment)}`));
  lines.push(...renderDiff(tenant.fields, ctx.style).map((line) => `    ${line}`));
  if (tenant.waits.length > 0) {
    const waits = tenant.waits.map(({ part, group }) => `${group} (${part})`).join(', ');
    lines.push(ctx.style.warn(`    ${ctx.say({ zh: '等待', en: 'waits for' })} ${waits}  ${tenant.reason}`));
  } else if (tenant.reason !== '' && tenant.reason !== 'Granted') {
    lines.push(ctx.style.warn(`    ${tenant.reason}: ${tenant.message}`));
  }
  return [...lines, ...tenant.sites.flatMap((site) => siteLines(ctx, site))];
}

function siteLines(ctx: Context, site: SitePlan): string[] {
  const title = `    ${site.site} ${site.role}${site.state === 'Active' ? '' : ` ${site.state}`}`;
  if (!site.known)
    return [ctx.style.warn(`${title}  ${ctx.say({ zh: '现状未知', en: 'what is there is not known' })}`)];
  if (site.objects.length === 0) return [];
  if (ctx.output !== 'wide') return [`${title}  ${counts(site.objects)}  ${namespacesOf(site.objects)}`];
  const line = ({ change, kind, namespace, name }: ObjectPlan) =>
    paint(
      ctx,
      change,
      `      ${sign(change)} ${[kind, namespace, name].filter((part) => part !== undefined).join('/')}`,
    );
  return [title, ...site.objects.map(line)];
}

function namespacesOf(objects: readonly ObjectPlan[]): string {
  const names = objects.map(({ kind, namespace, name }) => (kind === 'Namespace' ? name : (namespace ?? '')));
  return [...new Set(names)].sort().join(', ');
}

function environmentText(ctx: Context, environment: TenantLine['environments'][number]): string {
  const preset = environment.size === undefined ? '' : `${environment.size} = `;
  const tier =
    environment.tier === undefined
      ? ''
      : `; ${environment.service === undefined ? '' : `${environment.service} = `}${ctx.say({ zh: '保护', en: 'protection' })} ${environment.tier}`;
  const zone = environment.zone === undefined ? '' : `; ${ctx.say({ zh: '区域', en: 'zone' })} ${environment.zone}`;
  return `${environment.name}: ${preset}${quotaText(environment.quota)}${zone}${tier}`;
}

function quotaText(quota: Quota): string {
  return Object.entries(quota)
    .filter(([, value]) => value !== undefined)
    .map(([field, value]) => `${field.replace('requests.', '')} ${value}`)
    .join(', ');
}

function priceText(ctx: Context, tenant: TenantLine, currency: string): string {
  const { priceBefore: before, priceAfter: after } = tenant;
  const month = ctx.say({ zh: '每月', en: 'a month' });
  const shown = (amount: string) => money(amount, currency, ctx.lang);
  if (before === undefined) return after === undefined ? '' : `${shown(after)} ${month}`;
  if (after === undefined || after === before) return `${shown(before)} ${month}`;
  return `${shown(before)} -> ${shown(after)} ${month}`;
}

function leftLines(ctx: Context, plan: PlanDocument): string[] {
  const all = [...plan.allowances, ...plan.capacities];
  if (all.length === 0) return [];
  const titles = [
    { zh: '部门或中心', en: 'DEPARTMENT OR CENTRE' },
    { zh: '资源', en: 'RESOURCE' },
    { zh: '上限', en: 'LIMIT' },
    { zh: '已用', en: 'USED' },
    { zh: '之后', en: 'AFTER' },
    { zh: '剩余', en: 'LEFT' },
  ];
  const rows = all.flatMap(({ name, resources }) =>
    resources
      .filter((left) => left.usedBefore !== left.usedAfter || left.leftAfter.startsWith('-'))
      .map((left) => [name, left.resource, left.limit, left.usedBefore, left.usedAfter, left.leftAfter]),
  );
  const columns = titles.map((title, index) => ({ title: ctx.say(title), right: index > 1, shrink: index < 1 }));
  return [
    ...section(ctx, { zh: '剩余额度和容量', en: 'What is left' }, renderTable({ columns, rows, width: ctx.columns })),
  ];
}

function sumLines(ctx: Context, plan: PlanDocument, next: string): string[] {
  const { create, update, remove, platform } = plan.totals;
  const { before, after, currency } = plan.price;
  const price = `${money(before, currency, ctx.lang)} -> ${money(after, currency, ctx.lang)}`;
  const sum =
    plan.reason === 'NoChanges'
      ? ctx.style.good(ctx.say({ zh: '没有变更。', en: 'Nothing to change.' }))
      : ctx.say({
          zh: `租户：新增 ${create}，变更 ${update}，移除 ${remove}；部门 ${plan.departments.length}；平台 ${platform} 项。每月 ${price}。`,
          en: `Tenants: ${create} to add, ${update} to change, ${remove} to remove; departments: ${plan.departments.length}; platform: ${platform}. A month: ${price}.`,
        });
  const seconds = (plan.timings.totalMs / 1000).toFixed(1);
  ctx.log(`${seconds} s`);
  if (plan.reason === 'NoChanges' || plan.recordedAt !== undefined) return [sum];
  return [sum, `${ctx.say({ zh: '下一步', en: 'next' })}: ${next}`];
}

function counts(changes: readonly { readonly change: string }[]): string {
  const count = (...names: string[]) => changes.filter(({ change }) => names.includes(change)).length;
  const parts = [
    ['+', count('create')],
    ['~', count('update', 'replace', 'read')],
    ['-', count('delete', 'forget')],
  ] as const;
  return parts
    .filter(([, number]) => number > 0)
    .map(([symbol, number]) => `${symbol}${number}`)
    .join(' ');
}

function sign(change: string): string {
  if (change === 'create') return '+';
  return change === 'delete' || change === 'forget' ? '-' : '~';
}

function paint(ctx: Context, change: string, text: string): string {
  if (change === 'create') return ctx.style.good(text);
  return change === 'delete' || change === 'forget' ? ctx.style.bad(text) : ctx.style.warn(text);
}
