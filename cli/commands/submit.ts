import type { Command } from 'commander';
import { civilDate } from '../../core/decide/calendar.ts';
import { exitCodes } from '../../core/errors.ts';
import { loadManifests } from '../../core/manifest/load.ts';
import type { CheckOptions, Located, Manifest, SourceFile } from '../../core/manifest/types.ts';
import type { Cloud } from '../../core/model/cloud.ts';
import type { Department, Tenant } from '../../core/model/kinds.ts';
import { departmentOfNamespace, managers, tenantRef } from '../../core/model/names.ts';
import type { TenantSpec } from '../../core/model/tenant.ts';
import { cliText } from '../../core/text/cli.ts';
import { partTexts, wordOf } from '../../core/text/tenancy.ts';
import { ifFound } from '../../kube/errors.ts';
import { resources } from '../../kube/resource.ts';
import type { KubeClient, KubeObject } from '../../kube/types.ts';
import { askedOf, dueDate } from '../asked.ts';
import { argument, defineCommand, option } from '../command.ts';
import { connectManagement, findCloudFile, loadCloudFile } from '../connect.ts';
import { type Context, contextOf } from '../context.ts';
import { readSource } from '../manifests.ts';
import { placesOf, refused } from '../refusal.ts';
import { decidersOf, listDepartments } from '../tenants.ts';
import { keepBefore } from '../undo.ts';
import { usageError } from '../usage.ts';
import { confirm } from '../view/ask.ts';
import { diffPaths, renderDiff } from '../view/diff.ts';
import { printObjects } from '../view/object.ts';
import { problemLines, type ShownProblem } from '../view/problem.ts';
import { isCurrent, stateText, waitText } from '../view/tenant.ts';
import { money } from '../view/words.ts';

interface Options {
  readonly tenant?: string;
  readonly dryRun?: boolean;
  readonly withdraw?: boolean;
  readonly wait: string;
}

type Found = Located<Manifest<TenantSpec>>;

/** `jinhong submit`: checks one manifest and applies that one Tenant with the caller's own rights. */
export function registerSubmit(program: Command): void {
  const command = defineCommand(program, 'submit <file>', {
    summary: { zh: '提交一个租户的申请', en: "Submit one tenant's request" },
    details: {
      zh: '先检查，再以您自己的权限写入这一个租户；随后说明每月价格、由谁审批、何时之前。再次提交即为修改。',
      en: 'Checks the file, then applies that one Tenant with your own rights, and says what it costs a month, who decides and by when. Submitting again changes the request.',
    },
    examples: [
      { run: 'jinhong submit tenant.yaml', text: { zh: '提交', en: 'submit' } },
      {
        run: 'jinhong submit tenant.yaml --dry-run',
        text: { zh: '只看结果，不保存', en: 'see what would come of it, store nothing' },
      },
      {
        run: 'jinhong submit tenant.yaml --withdraw --yes=loan',
        text: { zh: '撤回申请', en: 'take the request back' },
      },
    ],
  });
  argument(command, 'file', { zh: '清单文件，- 为标准输入', en: 'the manifest; - reads stdin' });
  option(command, '--tenant <name>', {
    zh: '文件中有多个租户时指定其一',
    en: 'which one, when the file holds several',
  });
  option(command, '--dry-run', { zh: '让服务器检查，不保存', en: 'let the server check it, and store nothing' });
  option(command, '--withdraw', { zh: '撤回：删除该租户的申请', en: 'take back: delete this request' });
  option(
    command,
    '--wait <seconds>',
    { zh: '等待管理中心答复的秒数', en: 'seconds to wait for the management centre to look at it' },
    { default: '5' },
  );
  command.action((file: string, options: Options) => submit(contextOf(command), file, options));
}

async function submit(ctx: Context, file: string, options: Options): Promise<void> {
  const source = await readSource(ctx, file);
  const cloudFile = findCloudFile(ctx);
  const fileCloud = cloudFile === undefined ? undefined : await loadCloudFile(cloudFile);
  // First without the network: a mistake in the file is said even when no centre can be reached.
  const manifest = checked(ctx, source, { cloud: fileCloud, removing: ctx.yes.names }, options);
  const { client, cloud } = await connectManagement(ctx);
  if (options.withdraw === true) return withdraw(ctx, client, manifest, file);
  const [departments, before] = await Promise.all([listDepartments(client), liveTenant(client, manifest)]);
  const recorded = { departments, ...(before === undefined ? {} : { tenants: [before] }) };
  const today = cloud === undefined ? undefined : civilDate(ctx.now(), cloud.utcOffset);
  const known = checked(
    ctx,
    source,
    { cloud, recorded, removing: ctx.yes.names, ...(today === undefined ? {} : { today }) },
    options,
  );
  await confirmRemovals(ctx, known, before);
  const dryRun = options.dryRun === true;
  const stored = await apply(ctx, client, known, dryRun);
  const tenant = dryRun ? stored : await settled(ctx, client, stored, options);
  if (await printObjects(ctx, [tenant as unknown as KubeObject])) return;
  const answer = { tenant, before, cloud, departments, dryRun, file };
  for (const line of await resultLines(ctx, answer)) ctx.print(line);
}

/** The one Tenant of a file that passes the check; what does not pass is printed and ends the run with exit code 3. */
function checked(ctx: Context, source: SourceFile, options: CheckOptions, { tenant }: Options): Found {
  const { set, problems } = loadManifests([source], options);
  for (const problem of problems) print(ctx, problem);
  if (set.workloads.length > 0 && options.recorded === undefined) ctx.note(ctx.say(notSubmitted(set.workloads.length)));
  const errors = problems.filter((problem) => problem.severity === 'error');
  if (errors.length > 0) throw refused(errors.length, source.path);
  const found =
    tenant === undefined ? set.tenants : set.tenants.filter(({ object }) => object.metadata.name === tenant);
  const [only, second] = found;
  if (only !== undefined && second === undefined) return only;
  const names = set.tenants.map(({ object }) => object.metadata.name).join(', ');
  if (second !== undefined) {
    const hint = {
      zh: '用 --tenant 指定其一；整个目录用 jinhong up',
      en: 'pick one with --tenant; whole folders go with jinhong up',
    };
    throw usageError(
      { zh: `${source.path} 中有多个租户：${names}`, en: `${source.path} holds several tenants: ${names}` },
      hint,
    );
  }
  const hint = { zh: '新建一份：jinhong new', en: 'write a new one: jinhong new' };
  throw usageError(
    {
      zh: `${source.path} 中没有${tenant === undefined ? '租户' : `租户 ${tenant}`}`,
      en: `${source.path} holds no ${tenant === undefined ? 'tenant' : `tenant ${tenant}`}`,
    },
    hint,
  );
}

/** Workloads in the same file are the department's own: kubectl applies them, and `check` judges them. */
function notSubmitted(count: number): { zh: string; en: string } {
  return {
    zh: `文件中的 ${count} 个工作负载对象不提交：先 jinhong check，再 kubectl apply`,
    en: `${count} workload objects in the file are not submitted: jinhong check, then kubectl apply`,
  };
}

function print(ctx: Context, problem: ShownProblem): void {
  for (const line of problemLines(problem, ctx.lang, ctx.style)) ctx.note(line);
}

function refOfManifest({ object }: Found): string {
  return tenantRef(departmentOfNamespace(object.metadata.namespace ?? '') ?? '', object.metadata.name);
}

async function liveTenant(client: KubeClient, { object }: Found): Promise<Tenant | undefined> {
  const { name, namespace } = object.metadata;
  return (await ifFound(client.get(resources.tenant, { name, namespace }))) as unknown as Tenant | undefined;
}

/** An environment that is asked for no more will be removed: its name has to be typed. */
async function confirmRemovals(ctx: Context, { object }: Found, before: Tenant | undefined): Promise<void> {
  const kept = new Set(object.spec.environments.map((environment) => environment.name));
  for (const { name } of before?.spec.environments ?? []) {
    if (kept.has(name)) continue;
    const question = {
      zh: `环境 ${name} 不在清单中，将被移除`,
      en: `the environment ${name} is no longer in the manifest and will be removed`,
    };
    await confirm(ctx, ctx.say(question), { name });
  }
}

async function apply(ctx: Context, client: KubeClient, manifest: Found, dryRun: boolean): Promise<Tenant> {
  try {
    const object = manifest.object as unknown as KubeObject;
    return (await client.apply(object, { fieldManager: managers.cli, dryRun })) as unknown as Tenant;
  } catch (error) {
    const places = await placesOf(error, manifest);
    for (const place of places) print(ctx, place);
    if (places.length > 0) throw refused(places.length, manifest.file);
    throw error;
  }
}

const pollMs = 250;

/** Waits until the management controller has looked at this version, at most `--wait` seconds; returns what was seen last. */
async function settled(ctx: Context, client: KubeClient, stored: Tenant, options: Options): Promise<Tenant> {
  const { name, namespace } = stored.metadata;
  const deadline = ctx.now() + Math.max(0, Number(options.wait) || 0) * 1000;
  let tenant = stored;
  while (!isCurrent(tenant) && ctx.now() < deadline && !ctx.signal.aborted) {
    await new Promise((resolve) => setTimeout(resolve, pollMs));
    tenant = (await client.get(resources.tenant, { name, namespace })) as unknown as Tenant;
  }
  return tenant;
}

async function withdraw(ctx: Context, client: KubeClient, manifest: Found, file: string): Promise<void> {
  const { name, namespace } = manifest.object.metadata;
  const tenant = await liveTenant(client, manifest);
  const ref = refOfManifest(manifest);
  if (tenant === undefined) {
    ctx.print(
      ctx.say({
        zh: `${ref} 没有提交过，没有可撤回的`,
        en: `${ref} was never submitted; there is nothing to take back`,
      }),
    );
    return;
  }
  const question = {
    zh: `撤回 ${ref}：已分配的环境将进入移除`,
    en: `take ${ref} back: environments that were granted will be removed`,
  };
  await confirm(ctx, ctx.say(question), { name });
  await client.remove(resources.tenant, { name, namespace }, { uid: tenant.metadata.uid });
  ctx.print(ctx.say({ zh: `已撤回 ${ref}`, en: `${ref} was taken back` }));
  ctx.print(`${cliText(ctx.lang).undo}: jinhong submit ${file}`);
}

/** What is said after a request was stored. */
interface Answer {
  readonly tenant: Tenant;
  readonly before: Tenant | undefined;
  readonly cloud: Cloud | undefined;
  readonly departments: readonly Department[];
  readonly dryRun: boolean;
  readonly file: string;
}

async function resultLines(ctx: Context, answer: Answer): Promise<string[]> {
  const { tenant, before, cloud, dryRun, file } = answer;
  const { lang, say, style } = ctx;
  const ref = tenantRef(departmentOfNamespace(tenant.metadata.namespace ?? '') ?? '', tenant.metadata.name);
  const changes = before === undefined ? [] : diffPaths(before.spec, tenant.spec, 'spec');
  if (before !== undefined && changes.length === 0) {
    return [say({ zh: `${ref} 没有变化`, en: `${ref} is unchanged` }), ...waitLines(ctx, answer), nextLine(ctx, ref)];
  }
  const head = dryRun
    ? { zh: `服务器接受 ${ref}，未保存（--dry-run）`, en: `the server accepts ${ref}; nothing was stored (--dry-run)` }
    : before === undefined
      ? { zh: `已提交 ${ref}`, en: `${ref} was submitted` }
      : { zh: `已修改 ${ref}`, en: `${ref} was changed` };
  const lines = [style.good(say(head)), ...renderDiff(changes, style).map((line) => `  ${line}`)];
  lines.push(...priceLines(ctx, tenant, before, cloud), ...waitLines(ctx, answer));
  if (dryRun) return lines;
  const kept = before === undefined ? undefined : await keepBefore(ctx, before);
  const words = cliText(lang);
  if (before === undefined) lines.push(`${words.undo}: jinhong submit ${file} --withdraw`);
  else if (kept !== undefined) lines.push(`${words.undo}: jinhong submit ${kept}`);
  return [...lines, nextLine(ctx, ref)];
}

function nextLine(ctx: Context, ref: string): string {
  return `${cliText(ctx.lang).next}: jinhong status ${ref}`;
}

function priceLines(ctx: Context, tenant: Tenant, before: Tenant | undefined, cloud: Cloud | undefined): string[] {
  if (cloud === undefined) return [];
  const { currency, version } = cloud.prices;
  const price = askedOf(tenant.spec, cloud).pricePerMonth;
  const was = before === undefined ? price : askedOf(before.spec, cloud).pricePerMonth;
  const amount = money(price, currency, ctx.lang);
  const change =
    was === price
      ? ''
      : ctx.say({ zh: `（此前 ${money(was, currency, 'zh')}）`, en: ` (before: ${money(was, currency, 'en')})` });
  return [
    ctx.say({
      zh: `每月价格：${amount}${change}，价目表 ${version}`,
      en: `price a month: ${amount}${change}, price list ${version}`,
    }),
  ];
}

/** Who decides and by when: from the status when the management centre has looked at it, else from the directory. */
function waitLines(ctx: Context, { tenant, cloud, departments, dryRun }: Answer): string[] {
  const { lang, say } = ctx;
  const today = civilDate(ctx.now(), cloud?.utcOffset ?? '+08:00');
  if (!dryRun && isCurrent(tenant)) {
    const waits = tenant.status?.waitingFor ?? [];
    const lines = waits.map((wait) =>
      say({ zh: `等待：${waitText(wait, lang, today)}`, en: `waits for: ${waitText(wait, lang, today)}` }),
    );
    if (tenant.status?.state === 'Refused') ctx.exit(exitCodes.refused);
    return lines.length > 0
      ? lines
      : [say({ zh: `状态：${stateText(tenant, lang)}`, en: `state: ${stateText(tenant, lang)}` })];
  }
  const code = departmentOfNamespace(tenant.metadata.namespace ?? '') ?? '';
  const groups = decidersOf(code, departments);
  const parts = (['project', 'funds'] as const).flatMap((part) => {
    const group = groups[part];
    if (group === undefined) return [];
    const due = cloud === undefined ? undefined : dueDate(part, ctx.now(), cloud);
    const by = due === undefined ? '' : say({ zh: `，${due} 前`, en: ` by ${due}` });
    return [`${wordOf(partTexts, part, lang)} ${group}${by}`];
  });
  if (parts.length === 0) return [];
  const list = parts.join(lang === 'zh' ? '；' : '; ');
  return [say({ zh: `如需审批：${list}`, en: `if a decision is needed: ${list}` })];
}
