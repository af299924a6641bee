import { dirname } from 'node:path';
import type { Command } from 'commander';
import type { BinaryProgress } from '../../local/binaries.ts';
import { type CloudEvent, startCloud, stopCloud } from '../../local/cloud.ts';
import { readCloudState } from '../../local/cloud-state.ts';
import type { Context } from '../context.ts';
import { printData } from '../view/object.ts';
import { type Progress, type ProgressState, startProgress } from '../view/progress.ts';
import { localContext, readCloudFile } from './local.ts';

/** A centre takes about this long on two cores when four start together (docs/local.md). */
const centreMs = 9_000;

/** `jinhong local up`. */
export async function runUp(command: Command): Promise<void> {
  const { ctx, dir } = localContext(command);
  const options = command.opts<{ sites?: readonly string[]; ports?: number }>();
  const file = ctx.cloud !== undefined || readCloudState(dir) === undefined ? await readCloudFile(ctx) : undefined;
  const sites = options.sites ?? file?.sites;
  const progress = startProgress(ctx);
  try {
    const cloud = await startCloud({
      dir,
      env: ctx.env,
      onProgress: (event) => show(ctx, progress, event),
      ...(sites === undefined ? {} : { sites }),
      ...(options.ports === undefined ? {} : { basePort: options.ports }),
      ...(file?.platformGroup === undefined ? {} : { platformGroup: file.platformGroup }),
    });
    progress.end();
    const centres = cloud.centres.map(({ name, url }) => ({ name, url }));
    if (await printData(ctx, { dir, kubeconfig: cloud.kubeconfig, centres })) return;
    for (const { name, url } of centres) ctx.print(`${name}  ${url}`);
    ctx.print(ctx.say({ zh: `kubeconfig：${cloud.kubeconfig}`, en: `kubeconfig: ${cloud.kubeconfig}` }));
    ctx.print(ctx.say({ zh: '停止：jinhong local down', en: 'to stop: jinhong local down' }));
  } catch (error) {
    progress.end();
    throw error;
  }
}

/** `jinhong local down`. */
export async function runDown(command: Command): Promise<void> {
  const { ctx, dir } = localContext(command);
  const { sites, wipe } = command.opts<{ sites?: readonly string[]; wipe?: boolean }>();
  const stopped = await stopCloud({ dir, wipe: wipe === true, ...(sites === undefined ? {} : { sites }) });
  if (await printData(ctx, { dir, stopped })) return;
  if (stopped.length === 0) {
    ctx.print(ctx.say({ zh: `${dir} 中没有本地云`, en: `no local cloud in ${dir}` }));
    return;
  }
  const names = stopped.join(', ');
  ctx.print(ctx.say({ zh: `已停止：${names}`, en: `stopped: ${names}` }));
  if (wipe === true) ctx.print(ctx.say({ zh: '数据已删除', en: 'the data are removed' }));
  else ctx.print(ctx.say({ zh: '再次启动：jinhong local up', en: 'to start again: jinhong local up' }));
}

/** One event of the start on the progress display. A process that ran already or is ready changes nothing to see. */
function show(ctx: Context, progress: Progress, happened: CloudEvent): void {
  const { say } = ctx;
  const ready = say({ zh: '就绪', en: 'ready' });
  if (happened.kind === 'binary') showBinary(ctx, progress, happened.event);
  else if (happened.kind === 'centre-ready') progress.set(happened.site, { phase: ready, done: true });
  else if (happened.kind === 'node-ready') progress.set('node', { phase: ready, done: true });
  else if (happened.kind === 'lock-taken-over') {
    const { pid } = happened.from;
    const zh = `上一个命令（pid ${pid}）没有正常结束，从它停下的地方继续`;
    ctx.note(say({ zh, en: `an earlier command (pid ${pid}) was cut off; going on from where it stopped` }));
  } else if (happened.kind === 'behind') {
    const names = happened.names.join(', ');
    const zh = `正在后台准备：${names}（jinhong local binaries 查看）`;
    ctx.note(say({ zh, en: `being made behind: ${names} (see jinhong local binaries)` }));
  } else if (happened.event.state === 'starting') {
    const { site, process } = happened.event;
    progress.set(site, { phase: say({ zh: `启动 ${process}`, en: `starting ${process}` }), expectedMs: centreMs });
  }
}

/** One event about a program on the progress display; what was simply found is not shown. */
export function showBinary(ctx: Context, progress: Progress, event: BinaryProgress): void {
  const { say } = ctx;
  const set = (state: ProgressState): void => progress.set(event.name, state);
  if (event.state === 'found') ctx.log(`${event.name}: ${event.path} (${event.from})`);
  else if (event.state === 'note') ctx.note(`  ${event.message}`);
  else if (event.state === 'downloading') set({ phase: say({ zh: '下载', en: 'downloading' }), detail: event.url });
  else if (event.state === 'building') {
    set({ phase: say({ zh: '构建', en: 'building' }), expectedMs: event.expectedMs });
  } else if (event.state === 'made') {
    set({ phase: say({ zh: '已放入缓存', en: 'in the cache' }), detail: dirname(event.path), done: true });
  } else {
    const { pid, what } = event.holder;
    const zh = `等待另一个命令（pid ${pid}）完成 ${what}`;
    set({ phase: say({ zh, en: `waiting for another command (pid ${pid}) to make ${what}` }) });
  }
}
