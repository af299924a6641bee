import type { Command } from 'commander';
import { cliText } from '../../core/text/cli.ts';
import { defineCommand, option } from '../command.ts';
import { contextOf } from '../context.ts';
import { addStateOption, folderOf } from '../provision/options.ts';
import { printData } from '../view/object.ts';

interface Options {
  readonly state?: string;
  readonly site?: string;
}

/** `jinhong recover`: mends what a killed run or a restored management centre left, one step at a time. */
export function registerRecover(program: Command): void {
  const command = defineCommand(program, 'recover [folder]', {
    summary: { zh: '处理中断的变更，每次给出一步', en: 'Mend an interrupted change, one step at a time' },
    details: {
      zh: '依次查看锁、损坏的状态、做到一半的操作、管理中心丢失的决定，提出一步，确认后执行。改动状态前先另存一份。',
      en: 'Looks at locks, at a state that cannot be read, at operations that were cut off and at decisions that the management centre lost; proposes one step and takes it after your yes. A state is copied before it is touched.',
    },
    examples: [
      { run: 'jinhong recover city', text: { zh: '提出下一步', en: 'propose the next step' } },
      { run: 'jinhong recover city --yes', text: { zh: '直接执行这一步', en: 'take that step' } },
      { run: 'jinhong recover city --site east', text: { zh: '只看一个中心', en: 'look at one centre only' } },
    ],
  });
  option(command, '--site <name>', { zh: '只处理这个中心', en: 'this centre only' });
  addStateOption(command);
  command.action(async (folder: string | undefined, options: Options) => {
    const ctx = contextOf(command);
    const { runRecover } = await import('../provision/recover.ts');
    const report = await runRecover(ctx, folderOf(folder, {}), options);
    ctx.exit(report.exitCode);
    const { lines, ...data } = report;
    if (await printData(ctx, { apiVersion: 'jinhong.dev/v1alpha1', kind: 'RecoverReport', ...data })) return;
    for (const line of lines) ctx.print(line);
    if (report.done) ctx.print(ctx.style.good(ctx.say({ zh: '已完成。', en: 'Done.' })));
    if (report.exported !== undefined)
      ctx.print(ctx.say({ zh: `状态副本：${report.exported}`, en: `copy of the state: ${report.exported}` }));
    if (report.next !== undefined) ctx.print(`${cliText(ctx.lang).next}: ${report.next}`);
  });
}
