import type { Command } from 'commander';
import { civilDate } from '../../core/decide/calendar.ts';
import { exitCodes } from '../../core/errors.ts';
import type { Cloud } from '../../core/model/cloud.ts';
import type { Tenant } from '../../core/model/kinds.ts';
import { cliText } from '../../core/text/cli.ts';
import type { KubeClient } from '../../kube/types.ts';
import { rememberNames } from '../cache.ts';
import { argument, defineCommand, option } from '../command.ts';
import { connectManagement } from '../connect.ts';
import { type Context, contextOf } from '../context.ts';
import { contactText, listContacts, type SiteContact } from '../sites.ts';
import { asObject, departmentOf, listTenants, refOf, resolveTenant } from '../tenants.ts';
import { printObjects } from '../view/object.ts';
import { isCurrent, nextStep, readyOf, tenantDetails, tenantTable } from '../view/tenant.ts';
import { moment } from '../view/words.ts';

interface Options {
  readonly department?: string;
  readonly watch?: boolean;
  readonly waiting?: boolean;
}

/** `jinhong status`: where tenants stand, from the management centre alone. */
export function registerStatus(program: Command): void {
  const command = defineCommand(program, 'status [tenant]', {
    summary: { zh: '查看租户：状态、各中心、在等谁', en: 'Show tenants: state, centres, who they wait for' },
    details: {
      zh: '列出您可见的全部租户；只询问管理中心，中心失联时照常显示，并注明最后联系的时间。',
      en: 'Lists every tenant you may see. Only the management centre is asked; a silent centre is shown with the age of its last contact.',
    },
    examples: [
      { run: 'jinhong status', text: { zh: '全部可见的租户', en: 'every tenant you may see' } },
      { run: 'jinhong status lib/loan', text: { zh: '一个租户的详情', en: 'one tenant in detail' } },
      { run: 'jinhong status --waiting --watch', text: { zh: '持续显示等待中的租户', en: 'follow those that wait' } },
      {
        run: 'jinhong status -o json',
        text: { zh: '供程序使用的 Kubernetes List', en: 'a Kubernetes List for programs' },
      },
    ],
  });
  argument(command, 'tenant', { zh: '租户，或 部门/租户', en: 'the tenant, or DEPARTMENT/TENANT' });
  option(command, '-A, --all', { zh: '全部可见的部门（缺省）', en: 'every department you may see (the default)' });
  option(command, '-d, --department <code>', { zh: '只看一个部门', en: 'one department only' });
  option(command, '--waiting', { zh: '只看等待中的', en: 'only those that wait for someone' });
  option(command, '-w, --watch', { zh: '持续显示，Ctrl-C 结束', en: 'go on until Ctrl-C' });
  command.action((tenant: string | undefined, options: Options) => status(contextOf(command), tenant, options));
}

/** What is shown at one moment. */
interface Seen {
  readonly tenants: readonly Tenant[];
  readonly contacts: readonly SiteContact[];
  readonly cloud: Cloud | undefined;
  readonly single: boolean;
}

async function status(ctx: Context, ref: string | undefined, options: Options): Promise<void> {
  const { client, cloud } = await connectManagement(ctx);
  const look = async (): Promise<Seen> => {
    const [tenants, contacts] = await Promise.all([read(client, ref, options), listContacts(client)]);
    return { tenants, contacts, cloud, single: ref !== undefined };
  };
  const seen = await look();
  remember(ctx, seen, options);
  if (options.watch === true) await watch(ctx, seen, look);
  else await show(ctx, seen);
}

async function read(client: KubeClient, ref: string | undefined, options: Options): Promise<readonly Tenant[]> {
  if (ref !== undefined) return [await resolveTenant(client, ref, options.department)];
  const { tenants } = await listTenants(client, options.department);
  const waits = (tenant: Tenant) => (tenant.status?.waitingFor?.length ?? 0) > 0 || !isCurrent(tenant);
  return options.waiting === true ? tenants.filter(waits) : tenants;
}

function remember(ctx: Context, { tenants, contacts, cloud, single }: Seen, options: Options): void {
  if (single || options.department !== undefined || options.waiting === true) return;
  rememberNames(ctx.env, {
    tenants: tenants.map(refOf),
    departments: tenants.map(departmentOf),
    ...(contacts.length === 0 ? {} : { sites: contacts.map((site) => site.name) }),
    ...(cloud === undefined ? {} : { sizes: Object.keys(cloud.sizes), services: Object.keys(cloud.services) }),
  });
}

async function show(ctx: Context, seen: Seen): Promise<void> {
  if (await printObjects(ctx, seen.tenants.map(asObject))) return;
  for (const line of lines(ctx, seen)) ctx.print(line);
}

/** The page of text for one moment. */
function lines(ctx: Context, { tenants, contacts, cloud, single }: Seen): string[] {
  const today = civilDate(ctx.now(), cloud?.utcOffset ?? '+08:00');
  const heard = contacts.length === 0 ? [] : [contacts.map((site) => contactText(ctx, site)).join('  ')];
  const [only] = tenants;
  if (single && only !== undefined) return [...tenantDetails(only, ctx, today), '', ...heard, nextLine(ctx, only)];
  if (only === undefined) {
    return [...heard, ctx.say({ zh: '没有租户', en: 'no tenants' })];
  }
  return [...tenantTable(tenants, ctx, today), '', summary(ctx, tenants), ...heard];
}

function summary(ctx: Context, tenants: readonly Tenant[]): string {
  const count = (test: (tenant: Tenant) => boolean) => tenants.filter(test).length;
  const ready = count((tenant) => isCurrent(tenant) && readyOf(tenant)?.status === 'True');
  const waiting = count((tenant) => (tenant.status?.waitingFor?.length ?? 0) > 0);
  return ctx.say({
    zh: `共 ${tenants.length} 个租户，${ready} 个就绪，${waiting} 个等待`,
    en: `${tenants.length} tenants, ${ready} ready, ${waiting} waiting`,
  });
}

function nextLine(ctx: Context, tenant: Tenant): string {
  const { line, group } = nextStep(tenant);
  return `${cliText(ctx.lang).next}: ${line}${group === undefined ? '' : `  (${group})`}`;
}

const pollMs = 2000;

/**
 * Shows again what changed until Ctrl-C. On a terminal the page is redrawn; elsewhere one line per tenant that changed
 * (with `-o json` the object on one line), so that a log holds changes only. A failed look is said and tried again.
 */
async function watch(ctx: Context, first: Seen, look: () => Promise<Seen>): Promise<void> {
  let before = new Map<string, string>();
  let seen: Seen = first;
  while (!ctx.signal.aborted) {
    if (ctx.isTTY && ctx.output !== 'json') redraw(ctx, seen);
    else before = printChanges(ctx, seen, before);
    await pause(ctx, pollMs);
    try {
      seen = await look();
    } catch (error) {
      if (ctx.signal.aborted) return;
      ctx.note(`${moment(ctx.now())}  ${error instanceof Error ? error.message : String(error)}`);
      ctx.exit(exitCodes.unreachable);
    }
  }
}

function redraw(ctx: Context, seen: Seen): void {
  const stamp = ctx.style.dim(moment(ctx.now(), seen.cloud?.utcOffset));
  ctx.io.stdout.write(`\u001b[H\u001b[2J${[stamp, ...lines(ctx, seen)].join('\n')}\n`);
}

function printChanges(ctx: Context, seen: Seen, before: ReadonlyMap<string, string>): Map<string, string> {
  const now = new Map(seen.tenants.map((tenant) => [refOf(tenant), tenant.metadata.resourceVersion]));
  const changed = seen.tenants.filter((tenant) => before.get(refOf(tenant)) !== tenant.metadata.resourceVersion);
  const today = civilDate(ctx.now(), seen.cloud?.utcOffset ?? '+08:00');
  const rows =
    ctx.output === 'json' ? changed.map((tenant) => JSON.stringify(tenant)) : tenantTable(changed, ctx, today).slice(1);
  for (const row of rows) ctx.print(row);
  for (const gone of [...before.keys()].filter((ref) => !now.has(ref))) {
    ctx.note(`${gone}: ${ctx.say({ zh: '已不存在', en: 'gone' })}`);
  }
  return now;
}

function pause(ctx: Context, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      ctx.signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    ctx.signal.addEventListener('abort', end);
  });
}
