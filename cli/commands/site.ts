import { type Command, InvalidArgumentError } from 'commander';
import { durationMs } from '../../core/decide/calendar.ts';
import { cliText } from '../../core/text/cli.ts';
import { argument, defineCommand, option } from '../command.ts';
import { type Context, contextOf } from '../context.ts';
import { addStateOption } from '../provision/options.ts';
import type { SiteStanding } from '../provision/site.ts';
import { printData } from '../view/object.ts';
import { renderTable } from '../view/table.ts';
import { age, duration } from '../view/words.ts';

const nameText = { zh: '中心名称', en: 'name of the centre' };

/** `jinhong site`: a centre's account at the management centre, its standing, its change budget, its end. */
export function registerSite(program: Command): void {
  const site = defineCommand(program, 'site', {
    summary: { zh: '中心的接入、确认和退役', en: 'Join, confirm or retire a centre' },
    examples: [
      { run: 'jinhong site status', text: { zh: '各中心的状况', en: 'how the centres stand' } },
      { run: 'jinhong site join east', text: { zh: '给中心一个管理中心的账号', en: 'give a centre its account' } },
      {
        run: 'jinhong site confirm east --for 1h',
        text: { zh: '放行超出预算的变更', en: 'let a large change through' },
      },
    ],
  });
  registerStatus(site);
  registerJoin(site);
  registerConfirm(site);
  registerRetire(site);
}

function registerStatus(parent: Command): void {
  const command = defineCommand(parent, 'status', {
    summary: { zh: '各中心的连接、安装、凭据', en: 'Reachability, installation and credentials of the centres' },
    examples: [
      { run: 'jinhong site status', text: { zh: '列出各中心', en: 'list the centres' } },
      { run: 'jinhong site status -o json', text: { zh: '供程序使用', en: 'for programs' } },
    ],
  });
  addStateOption(command);
  command.action(async (options: { state?: string }) => {
    const ctx = contextOf(command);
    const { siteStandings } = await import('../provision/site.ts');
    const standings = await siteStandings(ctx, options.state);
    if (standings.some(({ reachable }) => !reachable)) ctx.exit(5);
    if (await printData(ctx, { apiVersion: 'jinhong.dev/v1alpha1', kind: 'SiteList', items: standings })) return;
    for (const line of standingLines(ctx, standings)) ctx.print(line);
  });
}

function standingLines(ctx: Context, standings: readonly SiteStanding[]): string[] {
  const { say, lang, style } = ctx;
  const now = ctx.now();
  const ago = (at: number | undefined) => (at === undefined ? '-' : age(at, now, lang));
  const left = (until: number | undefined) =>
    until === undefined
      ? '-'
      : until < now
        ? style.bad(say({ zh: '已过期', en: 'ended' }))
        : duration(until - now, lang);
  const titles = [
    { zh: '中心', en: 'CENTRE' },
    { zh: '角色', en: 'ROLE' },
    { zh: '批次', en: 'WAVE' },
    { zh: '可连接', en: 'ANSWERS' },
    { zh: '安装', en: 'INSTALLED' },
    { zh: '联系', en: 'CONTACT' },
    { zh: '凭据剩余', en: 'CREDENTIAL LEFT' },
    { zh: '放行剩余', en: 'CONFIRMED FOR' },
  ];
  const rows = standings.map((one) => [
    one.name,
    one.role,
    String(one.wave),
    one.reachable ? say({ zh: '是', en: 'yes' }) : style.bad(say({ zh: '否', en: 'no' })),
    ago(one.installedAt),
    ago(one.lastContact),
    left(one.credentialUntil),
    left(one.confirmedUntil),
  ]);
  return renderTable({ columns: titles.map((title) => ({ title: say(title) })), rows, width: ctx.columns });
}

function registerJoin(parent: Command): void {
  const command = defineCommand(parent, 'join <site>', {
    summary: { zh: '给中心一个管理中心的账号', en: 'Give a centre its account at the management centre' },
    details: {
      zh: '把账号的令牌写入该中心的 Secret；中心自行续期。已有有效凭据时不改动。',
      en: 'Writes a token of its account into a Secret at the centre, which renews it by itself. A good credential is left alone.',
    },
    examples: [
      { run: 'jinhong site join east', text: { zh: '接入 east', en: 'join east' } },
      { run: 'jinhong site join east --renew', text: { zh: '换一份新凭据', en: 'replace its credential' } },
    ],
  });
  argument(command, 'site', nameText);
  option(command, '--server <url>', {
    zh: '该中心访问管理中心的地址',
    en: 'address of the management centre as the centre reaches it',
  });
  option(command, '--renew', { zh: '即使凭据有效也换新', en: 'replace a credential that is still good' });
  command.action(async (name: string, options: { server?: string; renew?: boolean }) => {
    const ctx = contextOf(command);
    const { joinByName } = await import('../provision/site.ts');
    const joined = await joinByName(ctx, name, options);
    if (await printData(ctx, { apiVersion: 'jinhong.dev/v1alpha1', kind: 'SiteJoin', name, joined })) return;
    const text =
      joined === 'joined'
        ? { zh: `${name} 已接入`, en: `${name} has joined` }
        : { zh: `${name} 的凭据有效，没有改动`, en: `the credential of ${name} is good; nothing was changed` };
    ctx.print(ctx.style.good(ctx.say(text)));
    if (joined === 'joined') {
      ctx.print(
        `${cliText(ctx.lang).undo}: kubectl --context ${name} -n jinhong-system delete secret jinhong-management-credential`,
      );
    }
    ctx.print(`${cliText(ctx.lang).next}: jinhong site status`);
  });
}

function registerConfirm(parent: Command): void {
  const command = defineCommand(parent, 'confirm <site>', {
    summary: { zh: '放行中心超出每小时预算的变更', en: 'Let changes above the hourly budget through' },
    details: {
      zh: '每小时的移除和角色变更超过 cloud.yaml 的 changeBudget 时，中心会等人确认。',
      en: 'Above the changeBudget of cloud.yaml, a centre waits for a person before it removes more or changes more roles.',
    },
    examples: [
      { run: 'jinhong site confirm east --for 1h', text: { zh: '放行一小时', en: 'for one hour' } },
      { run: 'jinhong site confirm east --for 0s', text: { zh: '不再放行', en: 'not any longer' } },
    ],
  });
  argument(command, 'site', nameText);
  option(
    command,
    '--for <duration>',
    { zh: '时长', en: 'how long' },
    { default: 3_600_000, defaultText: '1h', parse: parseDuration },
  );
  command.action(async (name: string, options: { for: number }) => {
    const ctx = contextOf(command);
    const { confirm } = await import('../view/ask.ts');
    const { confirmChanges } = await import('../provision/site.ts');
    const question = ctx.say({
      zh: `放行 ${name} 超出预算的移除和角色变更？`,
      en: `let removals and role changes above the budget through at ${name}?`,
    });
    await confirm(ctx, question);
    const until = await confirmChanges(ctx, name, options.for);
    if (await printData(ctx, { apiVersion: 'jinhong.dev/v1alpha1', kind: 'SiteConfirmation', name, until })) return;
    ctx.print(ctx.style.good(ctx.say({ zh: `${name} 放行至 ${until}`, en: `${name} goes on until ${until}` })));
    ctx.print(`${cliText(ctx.lang).undo}: jinhong site confirm ${name} --for 0s`);
  });
}

function registerRetire(parent: Command): void {
  const command = defineCommand(parent, 'retire <site>', {
    summary: { zh: '注销一个不再回来的中心', en: 'Write off a centre that will not come back' },
    examples: [
      { run: 'jinhong site retire east', text: { zh: '注销 east，须输入其名称', en: 'asks for its name' } },
      { run: 'jinhong site retire east --yes=east', text: { zh: '不再提问', en: 'without a question' } },
    ],
  });
  argument(command, 'site', nameText);
  command.action(async (name: string) => {
    const ctx = contextOf(command);
    const { retireSite } = await import('../provision/site.ts');
    const retired = await retireSite(ctx, name);
    if (await printData(ctx, { apiVersion: 'jinhong.dev/v1alpha1', kind: 'SiteRetirement', name, ...retired })) return;
    ctx.print(
      ctx.say({
        zh: `${name} 已注销，删除 ${retired.grants.length} 项决定`,
        en: `${name} was written off; ${retired.grants.length} decisions removed`,
      }),
    );
    ctx.print(
      `${cliText(ctx.lang).undo}: ${ctx.say({ zh: `把 ${name} 写回 cloud.yaml，再运行 jinhong up`, en: `put ${name} back into cloud.yaml and run jinhong up` })}`,
    );
  });
}

function parseDuration(text: string): number {
  try {
    return durationMs(text);
  } catch {
    throw new InvalidArgumentError('30m, 1h, 1d');
  }
}
