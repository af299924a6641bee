import { dirname } from 'node:path';
import type { Command } from 'commander';
import { countingApprovals, readApprovals } from '../../core/decide/envelope.ts';
import { AppError } from '../../core/errors.ts';
import type { Approval, Department, HostnameClaim, Tenant } from '../../core/model/kinds.ts';
import { departmentOfNamespace, environmentNamespace, labels, tenantRef } from '../../core/model/names.ts';
import { partTexts, wordOf } from '../../core/text/tenancy.ts';
import { isForbidden, isNotFound } from '../../kube/errors.ts';
import { resources } from '../../kube/resource.ts';
import type { KubeClient } from '../../kube/types.ts';
import { argument, defineCommand, option } from '../command.ts';
import { connectManagement, connectSite, contextNames, findCloudFile, type Management } from '../connect.ts';
import { type Context, contextOf } from '../context.ts';
import { ancestorsOf } from '../directory.ts';
import { approvalsOf, departmentOf, listDepartments, listTenants, refOf, resolveTenant } from '../tenants.ts';
import { printData } from '../view/object.ts';
import { stateText } from '../view/tenant.ts';

interface Options {
  readonly manifests?: string;
}

/** `jinhong why`: from a hostname or namespace back to whose it is, who allowed it, and whom to ring. */
export function registerWhy(program: Command): void {
  const command = defineCommand(program, 'why <name>', {
    summary: {
      zh: '由域名或命名空间追溯到部门、审批和联系组',
      en: 'Lead a hostname or namespace back to its department, approvals and contacts',
    },
    examples: [
      { run: 'jinhong why www.lib.city.example', text: { zh: '这个域名属于谁', en: 'whose hostname this is' } },
      { run: 'jinhong why lib-loan-production', text: { zh: '这个命名空间属于谁', en: 'whose namespace this is' } },
      {
        run: 'jinhong why lib-loan-production --manifests manifests',
        text: { zh: '并指出清单中的行', en: 'with the line of its manifest' },
      },
    ],
  });
  argument(command, 'name', { zh: '域名或命名空间', en: 'a hostname or a namespace' });
  option(command, '--manifests <folder>', {
    zh: '清单目录，缺省为 cloud.yaml 所在目录',
    en: 'folder of manifests; default: that of cloud.yaml',
  });
  command.action((name: string, options: Options) => why(contextOf(command), name, options));
}

/** Whose a name is. */
interface Owner {
  readonly department: string;
  readonly tenant: string | undefined;
  readonly environment: string | undefined;
}

async function why(ctx: Context, name: string, options: Options): Promise<void> {
  const management = await connectManagement(ctx);
  const { client } = management;
  const owner = name.includes('.')
    ? await ownerOfHostname(client, name)
    : await ownerOfNamespace(ctx, management, name);
  const departments = await listDepartments(client);
  if (owner.tenant === undefined) return showDepartment(ctx, name, owner.department, departments);
  const tenant = await resolveTenant(client, tenantRef(owner.department, owner.tenant));
  const [approvals, line] = await Promise.all([approvalsOf(client, tenant), manifestLine(ctx, tenant, options)]);
  const state = readApprovals(approvals, tenant.metadata.name, tenant.metadata.generation ?? 1);
  const answer = {
    name,
    owner,
    tenant,
    chain: chainOf(owner.department, departments),
    approvals: countingApprovals(state),
    line,
  };
  if (await printData(ctx, asData(answer))) return;
  for (const text of answerLines(ctx, answer)) ctx.print(text);
}

async function ownerOfHostname(client: KubeClient, hostname: string): Promise<Owner> {
  try {
    const claim = (await client.get(resources.hostnameClaim, { name: hostname })) as unknown as HostnameClaim;
    const { tenant, environment } = claim.spec;
    return { department: tenant.department, tenant: tenant.name, environment };
  } catch (error) {
    if (!isNotFound(error)) throw error;
    const text = { zh: `没有租户使用域名 ${hostname}`, en: `no tenant holds the hostname ${hostname}` };
    throw new AppError('notFound', text.en, { code: 'nobody-owns', data: { text } });
  }
}

/**
 * Whose a namespace is: by the names that the tenants' environments have, never by taking the name apart; failing that
 * by the labels that a centre keeps on it, for an environment that its manifest no longer holds.
 */
async function ownerOfNamespace(ctx: Context, management: Management, name: string): Promise<Owner> {
  const code = departmentOfNamespace(name);
  if (code !== undefined) return { department: code, tenant: undefined, environment: undefined };
  const { tenants } = await listTenants(management.client);
  for (const tenant of tenants) {
    const department = departmentOf(tenant);
    const environment = tenant.spec.environments.find(
      (one) => environmentNamespace(department, tenant.metadata.name, one.name) === name,
    );
    if (environment !== undefined) return { department, tenant: tenant.metadata.name, environment: environment.name };
  }
  const labelled = await ownerByLabels(ctx, management, name);
  if (labelled !== undefined) return labelled;
  const text = {
    zh: `没有租户拥有命名空间 ${name}，或您无权查看`,
    en: `no tenant owns the namespace ${name}, or you may not see it`,
  };
  throw new AppError('notFound', text.en, { code: 'nobody-owns', data: { text }, hint: 'jinhong status' });
}

const timeoutMs = 5000;

async function ownerByLabels(ctx: Context, { cloud }: Management, name: string): Promise<Owner | undefined> {
  const known = await contextNames(ctx);
  const sites = (cloud?.sites ?? []).filter((site) => site.role !== 'management' && known.includes(site.context));
  const found = await Promise.all(
    sites.map(async (site) => {
      try {
        const client = await connectSite(ctx, site.context);
        const { metadata } = await client.get(resources.namespace, { name }, { timeoutMs });
        return metadata.labels;
      } catch (error) {
        if (!isNotFound(error) && !isForbidden(error))
          ctx.note(`${site.name}: ${error instanceof Error ? error.message : error}`);
        return undefined;
      }
    }),
  );
  const marks = found.find((one) => one?.[labels.department] !== undefined);
  const department = marks?.[labels.department];
  if (department === undefined) return undefined;
  return { department, tenant: marks?.[labels.tenant], environment: marks?.[labels.environment] };
}

function chainOf(code: string, departments: readonly Department[]): Department[] {
  const own = departments.find((department) => department.metadata.name === code);
  return own === undefined ? [] : [own, ...ancestorsOf(code, departments)];
}

async function manifestLine(ctx: Context, tenant: Tenant, options: Options): Promise<string | undefined> {
  const cloudFile = findCloudFile(ctx);
  const folder = options.manifests ?? (cloudFile === undefined ? undefined : dirname(cloudFile));
  if (folder === undefined) return undefined;
  const { findManifest } = await import('../manifests.ts');
  return findManifest(ctx, folder, tenant);
}

/** All that is known about a name. */
interface Answer {
  readonly name: string;
  readonly owner: Owner;
  readonly tenant: Tenant;
  /** The department and those above it, nearest first. */
  readonly chain: readonly Department[];
  /** Approvals that count now. */
  readonly approvals: readonly Approval[];
  /** `file:line` of the manifest, when one was found. */
  readonly line: string | undefined;
}

function asData({ name, owner, tenant, chain, approvals, line }: Answer) {
  return {
    apiVersion: 'jinhong.dev/v1alpha1',
    kind: 'Owner',
    name,
    tenant: refOf(tenant),
    environment: owner.environment,
    department: owner.department,
    above: chain.slice(1).map((one) => one.metadata.name),
    planItem: tenant.spec.planItem,
    contacts: tenant.spec.contacts,
    approvals: approvals.map(({ metadata, spec }) => ({
      name: metadata.name,
      part: spec.part,
      decidedBy: spec.decidedBy,
      until: spec.until,
    })),
    manifest: line,
  };
}

function answerLines(ctx: Context, { name, owner, tenant, chain, approvals, line }: Answer): string[] {
  const { lang, say, style } = ctx;
  const row = (zh: string, en: string, value: string) =>
    `  ${style.dim(say({ zh: `${zh}：`, en: `${en}:` }))} ${value}`;
  const environment = owner.environment === undefined ? '' : `  (${owner.environment})`;
  const names = chain.map((one) => `${one.spec.displayName} (${one.metadata.name})`).join(' < ');
  const decided = approvals.map(({ metadata, spec }) => {
    const until = spec.until === undefined ? '' : say({ zh: `，至 ${spec.until}`, en: `, until ${spec.until}` });
    return row(
      '审批',
      'approved',
      `${wordOf(partTexts, spec.part, lang)}  ${metadata.name}  ${spec.decidedBy}  ${spec.decidedAt.slice(0, 10)}${until}`,
    );
  });
  return [
    style.bold(name),
    row('租户', 'tenant', `${refOf(tenant)}${environment}  ${tenant.spec.displayName}  ${stateText(tenant, lang)}`),
    row('部门', 'department', names === '' ? owner.department : names),
    row('项目', 'plan item', tenant.spec.planItem),
    ...(decided.length > 0
      ? decided
      : [row('审批', 'approved', say({ zh: '没有有效的审批', en: 'no approval counts now' }))]),
    ...(line === undefined ? [] : [row('清单', 'manifest', line)]),
    row('负责组', 'owner', tenant.spec.contacts.owner),
    row('值班组', 'on call', tenant.spec.contacts.onCall),
  ];
}

async function showDepartment(
  ctx: Context,
  name: string,
  code: string,
  departments: readonly Department[],
): Promise<void> {
  const chain = chainOf(code, departments);
  const [own] = chain;
  if (own === undefined) {
    const text = { zh: `没有部门 ${code}，或您无权查看`, en: `there is no department ${code}, or you may not see it` };
    throw new AppError('notFound', text.en, { code: 'nobody-owns', data: { text } });
  }
  const groups = own.spec.groups;
  const above = chain.slice(1).map((one) => one.metadata.name);
  const data = { apiVersion: 'jinhong.dev/v1alpha1', kind: 'Owner', name, department: code, above, groups };
  if (await printData(ctx, data)) return;
  ctx.print(ctx.style.bold(name));
  ctx.print(
    ctx.say({
      zh: `  部门的申请区：${own.spec.displayName} (${code})`,
      en: `  where a department asks: ${own.spec.displayName} (${code})`,
    }),
  );
  ctx.print(ctx.say({ zh: `  用户组：${groups.join(' ')}`, en: `  groups: ${groups.join(' ')}` }));
}
