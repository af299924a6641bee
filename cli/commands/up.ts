import { type Command, InvalidArgumentError } from 'commander';
import { defineCommand, option } from '../command.ts';
import { contextOf } from '../context.ts';
import { addSharedOptions, folderOf, type SharedOptions } from '../provision/options.ts';
import { printData } from '../view/object.ts';

interface Options extends SharedOptions {
  readonly wait: boolean;
  readonly prune: boolean;
  readonly timeout: number;
  readonly server?: string;
}

/** `jinhong up`: installs the platform at every centre, then applies departments and tenants. Twice is once. */
export function registerUp(program: Command): void {
  const command = defineCommand(program, 'up [folder]', {
    summary: { zh: '安装平台并应用清单', en: 'Install the platform and apply manifests' },
    details: {
      zh: '按批次安装各中心的平台，接入中心，写入部门和租户，然后等到租户就绪或在等审批。再运行一次不会改动任何东西。清单有错时什么也不做；移除租户须输入其名称。',
      en: 'Installs the platform centre by centre in waves, joins the sites, applies departments and tenants, then waits until tenants are ready or wait for people. A second run changes nothing. Manifests with a mistake stop it before anything is written; removing a tenant asks for its name.',
    },
    examples: [
      { run: 'jinhong up city', text: { zh: '安装并应用', en: 'install and apply' } },
      {
        run: 'jinhong up city --yes=lib/loan',
        text: { zh: '同意移除租户 lib/loan', en: 'agree to the removal of lib/loan' },
      },
      { run: 'jinhong up city --no-wait', text: { zh: '不等租户就绪', en: 'do not wait for tenants' } },
    ],
  });
  addSharedOptions(command);
  option(command, '--no-wait', { zh: '不等待租户就绪', en: 'do not wait until tenants are ready' });
  option(command, '--no-prune', {
    zh: '不移除清单中已没有的租户',
    en: 'keep tenants that are no longer in the folder',
  });
  option(
    command,
    '--timeout <duration>',
    { zh: '最长等待，例如 90s、5m', en: 'how long to wait, such as 90s or 5m' },
    { default: 300_000, parse: parseTimeout },
  );
  option(command, '--server <url>', {
    zh: '各中心访问管理中心所用的地址；缺省取 kubeconfig 中的',
    en: 'address of the management centre as the sites reach it; default: that of the kubeconfig',
  });
  command.action(async (folder: string | undefined, options: Options) => {
    const ctx = contextOf(command);
    const path = folderOf(folder, options);
    const { runUpCommand } = await import('../provision/run-up.ts');
    const [{ exitCodeOfUp }, { upLines }] = await Promise.all([
      import('../provision/up.ts'),
      import('../provision/up-text.ts'),
    ]);
    const { timeout, ...rest } = options;
    const report = await runUpCommand(ctx, path, { ...rest, timeoutMs: timeout });
    const exitCode = exitCodeOfUp(report);
    ctx.exit(exitCode);
    if (await printData(ctx, { apiVersion: 'jinhong.dev/v1alpha1', kind: 'UpReport', exitCode, ...report })) return;
    for (const line of await upLines(ctx, report, path)) ctx.print(line);
  });
}

function parseTimeout(text: string): number {
  const match = /^([0-9]{1,5})(s|m|h)$/.exec(text);
  const unit = { s: 1000, m: 60_000, h: 3_600_000 }[match?.[2] ?? ''];
  if (match === null || unit === undefined) throw new InvalidArgumentError('90s, 5m, 1h');
  return Number(match[1]) * unit;
}
