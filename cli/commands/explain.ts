import type { Command } from 'commander';
import { civilDate } from '../../core/decide/calendar.ts';
import { AppError } from '../../core/errors.ts';
import { cliText } from '../../core/text/cli.ts';
import { argument, defineCommand, option } from '../command.ts';
import { type Context, contextOf } from '../context.ts';
import { usageError } from '../usage.ts';
import { printData } from '../view/object.ts';

interface Options {
  readonly department?: string;
}

/** `jinhong explain`: a tenant, a field of a manifest, or a rule; without an argument all rules. */
export function registerExplain(program: Command): void {
  const command = defineCommand(program, 'explain [what]', {
    summary: { zh: '说明一个租户、字段或规则', en: 'Explain a tenant, a field or a rule' },
    details: {
      zh: '租户：申请、批准、分配、运行、已用，以及为何不同。字段：类型、范围、示例。规则或原因：含义、为什么、覆盖什么、允许和被拒的示例、处理办法。不写参数则列出全部规则。字段和规则无需联网。',
      en: 'A tenant: asked, allowed, granted, running, used, and why they differ. A field: type, bounds, example. A rule or reason: what it means, why, what it covers, an example that passes and one that does not, what to do. Without an argument: all rules. Fields and rules need no network.',
    },
    examples: [
      { run: 'jinhong explain lib/loan', text: { zh: '一个租户', en: 'a tenant' } },
      { run: 'jinhong explain tenant.spec.hosting', text: { zh: '一个字段', en: 'a field' } },
      { run: 'jinhong explain NarrowNetworkPolicy', text: { zh: '一条规则', en: 'a rule' } },
      { run: 'jinhong explain rules', text: { zh: '全部规则', en: 'all rules' } },
    ],
  });
  argument(command, 'what', {
    zh: '租户（部门/租户）、字段（tenant.spec…）、规则（QuotaMissing）或 rules',
    en: 'a tenant (DEPARTMENT/TENANT), a field (tenant.spec…), a rule (QuotaMissing) or `rules`',
  });
  option(command, '-d, --department <code>', { zh: '租户所在的部门', en: 'department of the tenant' });
  command.action((what: string | undefined, options: Options) => explain(contextOf(command), what, options));
}

async function explain(ctx: Context, what = 'rules', options: Options = {}): Promise<void> {
  if (what === 'rules') return listRules(ctx);
  if (/^[A-Z][A-Za-z0-9]+$/.test(what)) return explainRule(ctx, what);
  const { looksLikeField } = await import('../explain/field.ts');
  if (looksLikeField(what)) return explainField(ctx, what);
  return explainTenant(ctx, what, options.department);
}

async function explainRule(ctx: Context, id: string): Promise<void> {
  const [{ allRules, ruleLines }, { nearest }] = await Promise.all([
    import('../explain/rule.ts'),
    import('../usage.ts'),
  ]);
  const all = allRules();
  const found = all.filter((rule) => rule.id === id);
  if (found.length === 0) {
    const near = nearest(id, [...new Set(all.map((rule) => rule.id))]);
    throw unknown(ctx, id, near, { zh: '规则', en: 'rule' });
  }
  const admission = await admissionPage(ctx, id);
  const items = found.map((rule) => (rule.source === 'admission' ? { ...rule, ...admission?.facts } : rule));
  if (await printData(ctx, { apiVersion: 'jinhong.dev/v1alpha1', kind: 'RuleList', items })) return;
  const others = found.filter((rule) => rule.source !== 'admission');
  for (const line of [...(admission?.lines ?? []), ...ruleLines(others, ctx.lang)]) ctx.print(line);
}

/** What is said of a rule of admission, with the groups of the city when its cloud.yaml is near. */
async function admissionPage(ctx: Context, id: string) {
  const [{ allRules }, { admissionFacts, admissionLines }, { readSurroundings }] = await Promise.all([
    import('../../policies/index.ts'),
    import('../explain/admission.ts'),
    import('../surroundings.ts'),
  ]);
  const rule = allRules.find((one) => one.id === id);
  if (rule === undefined) return undefined;
  const facts = admissionFacts(rule, readSurroundings(ctx.cwd, ['.'], ctx.cloud).cloud?.groups);
  return { facts, lines: admissionLines(facts, ctx.lang, ctx.style) };
}

async function listRules(ctx: Context): Promise<void> {
  const { allRules, listLines } = await import('../explain/rule.ts');
  const items = allRules();
  if (await printData(ctx, { apiVersion: 'jinhong.dev/v1alpha1', kind: 'RuleList', items })) return;
  for (const line of listLines(items, ctx.lang, ctx.style)) ctx.print(line);
  ctx.print(`${cliText(ctx.lang).next}: jinhong explain RULE`);
}

async function explainField(ctx: Context, text: string): Promise<void> {
  const { findField, fieldLines } = await import('../explain/field.ts');
  const search = findField(text);
  if ('several' in search) {
    throw usageError(
      {
        zh: `${text} 有多处：${search.several.join('、')}`,
        en: `${text} is in several places: ${search.several.join(', ')}`,
      },
      { zh: '请写全路径', en: 'write the whole path' },
    );
  }
  if ('near' in search) throw unknown(ctx, text, search.near, { zh: '字段', en: 'field' });
  for (const line of fieldLines(search.found, ctx.lang, ctx.style)) ctx.print(line);
}

function unknown(ctx: Context, what: string, near: string | undefined, kind: { zh: string; en: string }): AppError {
  const text = { zh: `没有${kind.zh} ${what}`, en: `there is no ${kind.en} ${what}` };
  const hintText = near === undefined ? undefined : { zh: `您要的是 ${near} 吗？`, en: `did you mean ${near}?` };
  const data = hintText === undefined ? { text } : { text, hintText };
  return new AppError('notFound', ctx.say(text), { code: 'nothing-to-explain', data });
}

async function explainTenant(ctx: Context, ref: string, department: string | undefined): Promise<void> {
  const [{ connectManagement }, tenants, { readUse }, page] = await Promise.all([
    import('../connect.ts'),
    import('../tenants.ts'),
    import('../explain/used.ts'),
    import('../explain/tenant.ts'),
  ]);
  const { client, cloud } = await connectManagement(ctx);
  const tenant = await tenants.resolveTenant(client, ref, department);
  const [approvals, departments, used] = await Promise.all([
    tenants.approvalsOf(client, tenant),
    tenants.listDepartments(client),
    readUse(ctx, tenant, cloud),
  ]);
  const facts = {
    tenant,
    approvals,
    department: departments.find((one) => one.metadata.name === tenants.departmentOf(tenant)),
    cloud,
    used,
    today: civilDate(ctx.now(), cloud?.utcOffset ?? '+08:00'),
  };
  if (await printData(ctx, page.explanation(facts))) return;
  for (const line of page.tenantLines(facts, ctx.lang, ctx.style)) ctx.print(line);
}
