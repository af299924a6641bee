import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { AppError } from '../../core/errors.ts';
import { localDir } from '../../local/cloud-state.ts';
import { useLang } from '../../local/text.ts';
import { argument, defineCommand, option } from '../command.ts';
import { type Context, contextOf } from '../context.ts';

/** `jinhong local`: the centres of this machine. Each action is loaded when it runs. */
export function registerLocal(program: Command): void {
  const local = defineCommand(program, 'local', {
    summary: { zh: '在本机运行多个中心', en: 'Run the centres on this machine' },
    details: {
      zh: '每个中心都是真实的 etcd、kube-apiserver 和 kube-controller-manager，只监听 127.0.0.1。说明见 docs/local.md。',
      en: 'Each centre is a real etcd, kube-apiserver and kube-controller-manager on 127.0.0.1. See docs/local.md.',
    },
    examples: [
      {
        run: 'jinhong local up --cloud cloud.yaml',
        text: { zh: '启动各中心', en: 'start the centres' },
      },
      { run: 'jinhong local status', text: { zh: '查看进程', en: 'see the processes' } },
      { run: 'jinhong local down', text: { zh: '全部停止，保留数据', en: 'stop everything, keep the data' } },
    ],
  });
  registerUp(local);
  registerStatus(local);
  registerDown(local);
  registerLogs(local);
  registerBinaries(local);
  registerKubeconfig(local);
}

/** What every subcommand starts with: context, folder, language of the local cloud's own messages. */
export function localContext(command: Command): { readonly ctx: Context; readonly dir: string } {
  const ctx = contextOf(command);
  useLang(ctx.lang);
  const { dir } = command.opts<{ dir?: string }>();
  return { ctx, dir: resolve(ctx.cwd, localDir(dir === undefined ? undefined : resolve(ctx.cwd, dir), ctx.env)) };
}

/** The centres and the platform engineers' group that `--cloud`, or a cloud.yaml in the working folder, names. */
export async function readCloudFile(
  ctx: Context,
): Promise<{ readonly sites: readonly string[]; readonly platformGroup: string | undefined } | undefined> {
  const beside = join(ctx.cwd, 'cloud.yaml');
  const file = ctx.cloud === undefined ? (existsSync(beside) ? beside : undefined) : resolve(ctx.cwd, ctx.cloud);
  if (file === undefined) return undefined;
  const { parse } = await import('yaml');
  try {
    const value = parse(readFileSync(file, 'utf8')) as CloudFile | null;
    const sites = (value?.spec?.sites ?? []).flatMap((site) => (typeof site?.name === 'string' ? [site.name] : []));
    if (sites.length > 0) return { sites, platformGroup: value?.spec?.groups?.platform };
    throw new Error('no spec.sites');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const text = { zh: `${file} 中没有读到中心：${reason}`, en: `${file} names no centres: ${reason}` };
    throw new AppError('input', text.en, { code: 'cloud-file', hint: `jinhong check ${file}`, data: { text }, cause });
  }
}

interface CloudFile {
  readonly spec?: {
    readonly sites?: readonly ({ readonly name?: unknown } | null)[];
    readonly groups?: { readonly platform?: string };
  };
}

function dirOption(command: Command): void {
  option(command, '--dir <folder>', {
    zh: '本地云的目录；缺省 JINHONG_LOCAL_DIR，再取 .jinhong/local',
    en: 'folder of the local cloud; default JINHONG_LOCAL_DIR, then .jinhong/local',
  });
}

function sitesOption(command: Command, text: { zh: string; en: string }): void {
  option(command, '--sites <names>', text, { parse: (value) => value.split(',').filter((name) => name !== '') });
}

function registerUp(local: Command): void {
  const command = defineCommand(local, 'up', {
    summary: { zh: '启动各中心，补齐没有运行的部分', en: 'Start the centres; start again what died' },
    examples: [
      {
        run: 'jinhong local up --cloud cloud.yaml',
        text: { zh: 'cloud.yaml 中的全部中心', en: 'every centre of cloud.yaml' },
      },
      {
        run: 'jinhong local up --sites a,b --dir /srv/local',
        text: { zh: '两个中心，放在指定目录', en: 'two centres, in a folder' },
      },
    ],
  });
  dirOption(command);
  sitesOption(command, { zh: '只启动这些中心', en: 'only these centres' });
  option(
    command,
    '--ports <base>',
    { zh: '起始端口，每个中心用 20 个；缺省 26400', en: 'first port, 20 for each centre; default 26400' },
    { parse: parsePort },
  );
  command.action(async () => (await import('./local-up.ts')).runUp(command));
}

function registerStatus(local: Command): void {
  const command = defineCommand(local, 'status', {
    summary: { zh: '各进程的状态、端口、内存', en: 'State, port and memory of every process' },
    examples: [
      { run: 'jinhong local status', text: { zh: '表格', en: 'as a table' } },
      { run: 'jinhong local status -o json', text: { zh: '供脚本使用', en: 'for scripts' } },
    ],
  });
  dirOption(command);
  command.action(async () => (await import('./local-status.ts')).runStatus(command));
}

function registerDown(local: Command): void {
  const command = defineCommand(local, 'down', {
    summary: { zh: '停止各中心', en: 'Stop the centres' },
    examples: [
      { run: 'jinhong local down', text: { zh: '保留数据', en: 'keep the data' } },
      { run: 'jinhong local down --sites a', text: { zh: '模拟一个中心停机', en: 'as if one centre failed' } },
      { run: 'jinhong local down --wipe', text: { zh: '连数据一起删除', en: 'remove the data too' } },
    ],
  });
  dirOption(command);
  sitesOption(command, { zh: '只停止这些中心', en: 'only these centres' });
  option(command, '--wipe', { zh: '删除数据', en: 'remove the data' });
  command.action(async () => (await import('./local-up.ts')).runDown(command));
}

function registerLogs(local: Command): void {
  const command = defineCommand(local, 'logs [site] [process]', {
    summary: { zh: '查看日志', en: 'Show logs' },
    examples: [
      { run: 'jinhong local logs', text: { zh: '每份日志的末尾', en: 'the end of every log' } },
      { run: 'jinhong local logs a kube-apiserver -f', text: { zh: '持续跟踪一份日志', en: 'follow one log' } },
      {
        run: 'jinhong local logs node',
        text: { zh: '运行控制器的节点进程', en: 'the process that runs the controllers' },
      },
    ],
  });
  argument(command, 'site', { zh: '中心，或 node', en: 'a centre, or node' });
  argument(command, 'process', { zh: '进程名', en: 'name of a process' });
  dirOption(command);
  option(command, '-f, --follow', { zh: '持续跟踪', en: 'go on with what comes' });
  option(command, '--tail <lines>', { zh: '末尾行数', en: 'lines from the end' }, { parse: parseCount, default: 20 });
  command.action(async (site?: string, process?: string) =>
    (await import('./local-logs.ts')).runLogs(command, site, process),
  );
}

function registerBinaries(local: Command): void {
  const command = defineCommand(local, 'binaries', {
    summary: { zh: '所需程序在哪里', en: 'Where the programs are' },
    examples: [
      { run: 'jinhong local binaries', text: { zh: '列出，不改动任何东西', en: 'list them, change nothing' } },
      {
        run: 'jinhong local binaries --get',
        text: { zh: '下载或构建缺少的', en: 'download or build what is missing' },
      },
    ],
  });
  option(command, '--get', { zh: '下载或构建缺少的程序', en: 'download or build what is missing' });
  command.action(async () => (await import('./local-binaries.ts')).runBinaries(command));
}

function registerKubeconfig(local: Command): void {
  const command = defineCommand(local, 'kubeconfig', {
    summary: {
      zh: '输出 kubeconfig 文件的路径，每个中心一个 context',
      en: 'Print the path of a kubeconfig with a context per centre',
    },
    examples: [
      { run: 'jinhong local kubeconfig', text: { zh: '管理员', en: "the administrator's" } },
      {
        run: 'jinhong local kubeconfig --user li.wei --group admins',
        text: { zh: '为某人签发证书', en: 'with a certificate for a person' },
      },
    ],
  });
  dirOption(command);
  option(command, '--user <name>', { zh: '用户名', en: 'user name' });
  option(
    command,
    '--group <name>',
    { zh: '用户组，可重复', en: 'a group; more than once if need be' },
    { parse: (value, before) => [...((before as string[] | undefined) ?? []), value] },
  );
  command.action(async () => (await import('./local-status.ts')).runKubeconfig(command));
}

function parsePort(value: string): number {
  const port = Number(value);
  if (Number.isInteger(port) && port >= 1024 && port <= 61_000) return port;
  throw new InvalidArgumentError('1024..61000');
}

function parseCount(value: string): number {
  const count = Number(value);
  if (Number.isInteger(count) && count >= 0) return count;
  throw new InvalidArgumentError('0..');
}
