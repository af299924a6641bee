import type { Command } from 'commander';
import { civilDate } from '../../core/decide/calendar.ts';
import { AppError } from '../../core/errors.ts';
import type { ApprovalSpec } from '../../core/model/approval.ts';
import type { Cloud } from '../../core/model/cloud.ts';
import type { Approval, Tenant } from '../../core/model/kinds.ts';
import { managers } from '../../core/model/names.ts';
import { cliText } from '../../core/text/cli.ts';
import { isAlreadyExists } from '../../kube/errors.ts';
import type { KubeClient, KubeObject } from '../../kube/types.ts';
import {
  approvalObject,
  baseSpec,
  type Decider,
  envelopeFor,
  newest,
  nextNumber,
  parseCeiling,
  parseDate,
  type Wishes,
} from '../approval.ts';
import { askedOf } from '../asked.ts';
import { argument, defineCommand, option } from '../command.ts';
import { connectManagement } from '../connect.ts';
import { type Context, contextOf } from '../context.ts';
import type { Part } from '../directory.ts';
import { approvalsOf, departmentOf, refOf, resolveTenant, whoAmI } from '../tenants.ts';
import { usageError } from '../usage.ts';
import { confirm } from '../view/ask.ts';
import { decisionLines } from '../view/decision.ts';
import { printObjects } from '../view/object.ts';

interface Options {
  readonly part: Part;
  readonly until?: string;
  readonly ceiling?: string;
  readonly hard?: string;
  readonly remove?: readonly string[];
  readonly ref?: string;
  readonly fiscalYear?: string;
  readonly reason?: string;
  readonly revoke?: boolean;
  readonly dryRun?: boolean;
}

const partText = { zh: '审批内容：project 立项，funds 经费', en: 'what is decided: the project or its funds' };
const tenantText = { zh: '租户，或 部门/租户', en: 'the tenant, or DEPARTMENT/TENANT' };
const reasonText = { zh: '理由，申请人会看到', en: 'why; the department reads it' };
const dryRunText = { zh: '只让服务器检查，不保存', en: 'let the server check it, and store nothing' };

/** `jinhong approve`: allows what a tenant asks for now, one part of it. */
export function registerApprove(program: Command): void {
  const command = defineCommand(program, 'approve <tenant>', {
    summary: { zh: '批准一个租户的立项或经费', en: "Approve a tenant's project or funds" },
    details: {
      zh: '先列出此次申请的全部内容，确认后恰好批准这些。立项与经费须由两人分别批准。审批不可修改；撤回用 --revoke。',
      en: 'Shows all that is asked, and after your yes allows exactly that. Project and funds are decided by two different people. An approval is never edited; --revoke withdraws it.',
    },
    examples: [
      { run: 'jinhong approve lib/loan --part project', text: { zh: '批准立项', en: 'approve the project' } },
      {
        run: 'jinhong approve lib/loan --part funds --ceiling 15000.00 --until 2026-12-31',
        text: { zh: '批准经费，每月上限一万五', en: 'approve funds up to 15,000 a month' },
      },
      {
        run: 'jinhong approve lib/loan --part project --remove test',
        text: { zh: '同意移除 test 环境', en: 'allow the environment test to be removed' },
      },
      {
        run: 'jinhong approve lib/loan --part project --revoke --reason "项目终止"',
        text: { zh: '撤销，租户随即冻结', en: 'revoke; the tenant is frozen' },
      },
    ],
  });
  argument(command, 'tenant', tenantText);
  option(command, '--part <part>', partText, { choices: ['project', 'funds'], required: true });
  option(command, '--until <date>', {
    zh: '有效期；缺省为租户自己的到期日',
    en: "last day of validity; the tenant's own last day if it has one",
  });
  option(command, '--ceiling <amount>', {
    zh: '每月上限（元），缺省为现价',
    en: 'ceiling a month; default: the price now',
  });
  option(command, '--fiscal-year <year>', { zh: '财政年度，缺省为本年', en: 'fiscal year; default: this one' });
  option(command, '--hard <list>', {
    zh: '资源上限，如 requests.cpu=12,requests.memory=24Gi；缺省为所申请的',
    en: 'ceilings such as requests.cpu=12,requests.memory=24Gi; default: what is asked',
  });
  option(command, '--ref <ref>', {
    zh: '立项文号，缺省为清单中的 planItem',
    en: 'reference of the project; default: its planItem',
  });
  option(command, '--remove <environment...>', { zh: '同意移除的环境', en: 'environments that may be removed' });
  option(command, '--revoke', { zh: '撤销这一部分的审批，租户冻结', en: 'revoke this part; the tenant is frozen' });
  option(command, '--reason <text>', reasonText);
  option(command, '--dry-run', dryRunText);
  command.action((ref: string, options: Options) => approve(contextOf(command), ref, options));
}

/** `jinhong reject`: ends the wait of the request as it stands. */
export function registerReject(program: Command): void {
  const command = defineCommand(program, 'reject <tenant>', {
    summary: { zh: '驳回此次申请', en: 'Reject this request' },
    details: {
      zh: '只针对当前这一版申请；已批准的资源保持不变，部门可修改后再提交。',
      en: 'Only the request as it stands now; what was granted stays, and the department may change it and submit again.',
    },
    examples: [
      {
        run: 'jinhong reject lib/loan --part project --reason "请补充立项文号"',
        text: { zh: '驳回立项', en: 'reject the project' },
      },
      {
        run: 'jinhong reject lib/loan --part funds --reason "超出年度预算" --yes',
        text: { zh: '驳回经费，不再提问', en: 'reject the funds without a question' },
      },
    ],
  });
  argument(command, 'tenant', tenantText);
  option(command, '--part <part>', partText, { choices: ['project', 'funds'], required: true });
  option(command, '--reason <text>', reasonText, { required: true });
  option(command, '--dry-run', dryRunText);
  command.action((ref: string, options: Options) => reject(contextOf(command), ref, options));
}

/** `jinhong renew`: the newest approval of a part again, with a later end. */
export function registerRenew(program: Command): void {
  const command = defineCommand(program, 'renew <tenant>', {
    summary: { zh: '延长一份审批的有效期', en: 'Extend an approval' },
    details: {
      zh: '照最近一次批准的内容另建一份，只改有效期；不会多批任何资源。',
      en: 'Makes the newest approval again with another end; nothing more is allowed than before.',
    },
    examples: [
      {
        run: 'jinhong renew lib/loan --part project --until 2027-12-31',
        text: { zh: '立项延长到明年底', en: 'extend the project to the end of next year' },
      },
      {
        run: 'jinhong renew lib/loan --part funds --until 2027-12-31 --fiscal-year 2027',
        text: { zh: '经费转入下一年度', en: 'carry the funds over to the next year' },
      },
    ],
  });
  argument(command, 'tenant', tenantText);
  option(command, '--part <part>', partText, { choices: ['project', 'funds'], required: true });
  option(command, '--until <date>', { zh: '新的有效期', en: 'the new last day' }, { required: true });
  option(command, '--fiscal-year <year>', {
    zh: '财政年度，缺省为有效期所在年',
    en: "fiscal year; default: the new end's",
  });
  option(command, '--reason <text>', reasonText);
  option(command, '--dry-run', dryRunText);
  command.action((ref: string, options: Options) => renew(contextOf(command), ref, options));
}

/** What every decision starts from. */
interface Case {
  readonly client: KubeClient;
  readonly tenant: Tenant;
  readonly known: readonly Approval[];
  readonly decider: Decider;
  readonly cloud: Cloud | undefined;
}

async function open(ctx: Context, ref: string): Promise<Case> {
  const { client, cloud } = await connectManagement(ctx);
  const [tenant, caller] = await Promise.all([resolveTenant(client, ref), whoAmI(client)]);
  const known = await approvalsOf(client, tenant);
  return {
    client,
    tenant,
    known,
    cloud,
    decider: { username: caller.username, at: new Date(ctx.now()).toISOString() },
  };
}

async function approve(ctx: Context, ref: string, options: Options): Promise<void> {
  const found = await open(ctx, ref);
  if (options.revoke === true) {
    if (options.reason === undefined) throw needReason();
    const spec = {
      ...baseSpec(found.tenant, options.part, found.decider),
      decision: 'revoked' as const,
      reason: options.reason,
    };
    return decide(ctx, found, spec, options);
  }
  const cloud = found.cloud ?? noCloud();
  const wishes: Wishes = { ...options, remove: options.remove ?? [] };
  const asked = askedOf(found.tenant.spec, cloud);
  const base = { ...baseSpec(found.tenant, options.part, found.decider), decision: 'approved' as const };
  // A trial may not be made longer by its own department: what is approved ends with it unless the reviewer says more.
  const end = options.until === undefined ? found.tenant.spec.until : parseDate(options.until);
  const until = end === undefined ? {} : { until: end };
  const reason = options.reason === undefined ? {} : { reason: options.reason };
  if (options.part === 'funds') {
    if (wishes.hard !== undefined || wishes.remove.length > 0) throw projectOnly();
    const ceilingPerMonth = wishes.ceiling === undefined ? asked.pricePerMonth : parseCeiling(wishes.ceiling);
    const year = wishes.fiscalYear ?? civilDate(ctx.now(), cloud.utcOffset).slice(0, 4);
    const funds = { fiscalYear: parseYear(year), ceilingPerMonth, priceList: cloud.prices.version };
    return decide(ctx, found, { ...base, ...until, ...reason, funds }, options);
  }
  if (wishes.ceiling !== undefined || wishes.fiscalYear !== undefined) throw fundsOnly();
  const before = newest('project', found.known, 'approved')?.spec.envelope;
  const leaving = found.tenant.metadata.deletionTimestamp !== undefined;
  const envelope = envelopeFor(asked.envelope, before, wishes, leaving);
  const project = { ref: wishes.ref ?? found.tenant.spec.planItem };
  return decide(ctx, found, { ...base, ...until, ...reason, project, envelope }, options);
}

async function reject(ctx: Context, ref: string, options: Options): Promise<void> {
  const found = await open(ctx, ref);
  if (options.reason === undefined) throw needReason();
  const base = baseSpec(found.tenant, options.part, found.decider);
  return decide(ctx, found, { ...base, decision: 'rejected', reason: options.reason }, options);
}

async function renew(ctx: Context, ref: string, options: Options): Promise<void> {
  const found = await open(ctx, ref);
  const last = newest(options.part, found.known);
  if (last?.spec.decision === 'revoked' || newest(options.part, found.known, 'approved') === undefined) {
    throw nothingToRenew(found.tenant, options.part);
  }
  const { project, funds, envelope } = newest(options.part, found.known, 'approved')?.spec ?? {};
  const until = parseDate(options.until ?? '');
  const spec: ApprovalSpec = {
    ...baseSpec(found.tenant, options.part, found.decider),
    decision: 'approved',
    until,
    ...(project === undefined ? {} : { project }),
    ...(envelope === undefined ? {} : { envelope }),
    ...(options.reason === undefined ? {} : { reason: options.reason }),
    ...(funds === undefined
      ? {}
      : { funds: { ...funds, fiscalYear: parseYear(options.fiscalYear ?? until.slice(0, 4)) } }),
  };
  return decide(ctx, found, spec, options);
}

const attempts = 5;

/** Shows the decision, asks, creates it under the next free name, and says how to take it back. */
async function decide(ctx: Context, found: Case, spec: ApprovalSpec, options: Options): Promise<void> {
  const { tenant, known } = found;
  const lines = decisionLines({ tenant, spec, known, cloud: found.cloud, lang: ctx.lang, style: ctx.style });
  const show = ctx.output === 'text' || ctx.output === 'wide' ? ctx.print : ctx.note;
  for (const line of lines) show(line);
  const dryRun = options.dryRun === true;
  if (!dryRun) await confirm(ctx, question(ctx, tenant, spec));
  const created = await create(found, spec, dryRun);
  if (await printObjects(ctx, [created])) return;
  if (dryRun) {
    ctx.print(
      ctx.say({ zh: '服务器接受，未保存（--dry-run）', en: 'the server accepts it; nothing was stored (--dry-run)' }),
    );
    return;
  }
  ctx.print(
    ctx.say({ zh: `已记录：approval/${created.metadata.name}`, en: `recorded: approval/${created.metadata.name}` }),
  );
  ctx.print(`${cliText(ctx.lang).undo}: ${undoOf(tenant, spec)}`);
  ctx.print(`${cliText(ctx.lang).next}: jinhong status ${refOf(tenant)}`);
}

function question(ctx: Context, tenant: Tenant, spec: ApprovalSpec): string {
  const ref = refOf(tenant);
  switch (spec.decision) {
    case 'approved':
      return ctx.say({ zh: `批准 ${ref} 的以上内容？`, en: `Approve the above for ${ref}?` });
    case 'rejected':
      return ctx.say({ zh: `驳回 ${ref} 的此次申请？`, en: `Reject this request of ${ref}?` });
    case 'revoked':
      return ctx.say({
        zh: `撤销 ${ref} 的审批？该租户将冻结`,
        en: `Revoke the approval of ${ref}? It will be frozen`,
      });
  }
}

async function create(found: Case, spec: ApprovalSpec, dryRun: boolean): Promise<KubeObject> {
  let number = nextNumber(found.tenant, spec.part, found.known);
  for (let left = attempts; ; left -= 1) {
    try {
      return await found.client.create(approvalObject(found.tenant, number, spec), {
        fieldManager: managers.cli,
        dryRun,
      });
    } catch (error) {
      if (!isAlreadyExists(error) || left <= 1) throw error;
      number += 1;
    }
  }
}

function undoOf(tenant: Tenant, spec: ApprovalSpec): string {
  const words = `${refOf(tenant)} --part ${spec.part}`;
  return spec.decision === 'approved' ? `jinhong approve ${words} --revoke --reason TEXT` : `jinhong approve ${words}`;
}

function parseYear(text: string): number {
  const year = Number(text);
  if (Number.isInteger(year) && year >= 2000 && year <= 2100) return year;
  throw usageError({ zh: `${text} 不是年份`, en: `${text} is no year` });
}

function needReason(): AppError {
  return usageError({ zh: '需要写明理由：--reason', en: 'a reason is needed: --reason' });
}

function projectOnly(): AppError {
  return usageError({
    zh: '--hard 和 --remove 只用于 --part project',
    en: '--hard and --remove go with --part project only',
  });
}

function fundsOnly(): AppError {
  return usageError({
    zh: '--ceiling 和 --fiscal-year 只用于 --part funds',
    en: '--ceiling and --fiscal-year go with --part funds only',
  });
}

function nothingToRenew(tenant: Tenant, part: Part): AppError {
  const ref = refOf(tenant);
  const text = { zh: `${ref} 没有可延长的审批（${part}）`, en: `${ref} has no approval of ${part} to extend` };
  const hint = `jinhong approve ${departmentOf(tenant)}/${tenant.metadata.name} --part ${part}`;
  return new AppError('input', text.en, { code: 'nothing-to-renew', hint, data: { text } });
}

function noCloud(): never {
  const text = {
    zh: '读不到 cloud.yaml，也读不到管理中心公布的数据，无法计算申请的内容和价格',
    en: 'neither a cloud.yaml nor the facts published at the management centre can be read, so the request cannot be priced',
  };
  const hintText = { zh: '用 --cloud 指定 cloud.yaml', en: 'name a cloud.yaml with --cloud' };
  throw new AppError('input', text.en, { code: 'no-cloud', data: { text, hintText } });
}
