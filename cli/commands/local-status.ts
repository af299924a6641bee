import type { Command } from 'commander';
import { exitCodes } from '../../core/errors.ts';
import { adminKubeconfig, notStarted, writePersonKubeconfig } from '../../local/people.ts';
import { type ProcessStatus, readStatus } from '../../local/status.ts';
import type { Context } from '../context.ts';
import { printData } from '../view/object.ts';
import { renderTable } from '../view/table.ts';
import { duration } from '../view/words.ts';
import { localContext } from './local.ts';

/** `jinhong local status`. Exit code 5 when a process that should run does not, or does not answer. */
export async function runStatus(command: Command): Promise<void> {
  const { ctx, dir } = localContext(command);
  const processes = await readStatus(dir);
  if (processes === undefined) throw notStarted(dir);
  if (processes.some(({ health }) => health === 'dead' || health === 'unhealthy')) ctx.exit(exitCodes.unreachable);
  if (await printData(ctx, { dir, processes })) return;
  for (const line of statusLines(ctx, processes)) ctx.print(line);
}

/** `jinhong local kubeconfig`: the path, alone on stdout, so that `KUBECONFIG=$(...)` works. */
export async function runKubeconfig(command: Command): Promise<void> {
  const { ctx, dir } = localContext(command);
  const { user, group } = command.opts<{ user?: string; group?: readonly string[] }>();
  const person = user === undefined ? undefined : { user, groups: group ?? [] };
  ctx.print(person === undefined ? adminKubeconfig(dir) : await writePersonKubeconfig(dir, person));
}

function statusLines(ctx: Context, processes: readonly ProcessStatus[]): string[] {
  const words: Record<ProcessStatus['health'], string> = {
    healthy: ctx.say({ zh: '正常', en: 'healthy' }),
    unhealthy: ctx.say({ zh: '未就绪', en: 'not ready' }),
    dead: ctx.say({ zh: '未运行', en: 'not running' }),
    stopped: ctx.say({ zh: '已停止', en: 'stopped' }),
  };
  const total = processes.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0);
  const rows = processes.map((one) => [
    one.site === '' ? '-' : one.site,
    one.process,
    words[one.health],
    one.pid?.toString() ?? '-',
    one.port?.toString() ?? '-',
    one.pid === undefined ? '-' : mebibytes(one.memoryBytes),
    one.ageMs === undefined ? '-' : duration(one.ageMs, ctx.lang),
  ]);
  const title = (zh: string, en: string): string => ctx.say({ zh, en });
  return [
    ...renderTable({
      columns: [
        { title: title('中心', 'CENTRE') },
        { title: title('进程', 'PROCESS') },
        { title: title('状态', 'STATE') },
        { title: 'PID', right: true },
        { title: title('端口', 'PORT'), right: true },
        { title: title('内存', 'MEMORY'), right: true },
        { title: title('运行时长', 'AGE'), right: true },
      ],
      rows,
      width: ctx.columns,
    }),
    ctx.say({ zh: `内存合计 ${mebibytes(total)}`, en: `memory in all: ${mebibytes(total)}` }),
  ];
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 1024 / 1024)} MiB`;
}
