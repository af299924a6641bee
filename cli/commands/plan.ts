import type { Command } from 'commander';
import { defineCommand, option } from '../command.ts';
import { contextOf } from '../context.ts';
import { addSharedOptions, folderOf, type SharedOptions } from '../provision/options.ts';
import { printData } from '../view/object.ts';

interface Options extends SharedOptions {
  readonly offline?: boolean;
  readonly exitZero?: boolean;
}

/** `jinhong plan`: what `up` would do, centre by centre and tenant by tenant. Writes nothing at any centre. */
export function registerPlan(program: Command): void {
  const command = defineCommand(program, 'plan [folder]', {
    summary: { zh: '列出将要发生的变更，不改动任何东西', en: 'Show what would change, and change nothing' },
    details: {
      zh: '列出平台、部门、租户的变更，租户的申请将变成哪些对象、每月价格、剩余额度。有变更时退出码 2，有中心连不上时 5。',
      en: 'Platform, departments and tenants; what a request becomes at each centre, its price a month, what is left of allowances and capacity. Exit code 2 when changes are pending, 5 when a centre cannot be reached.',
    },
    examples: [
      { run: 'jinhong plan city', text: { zh: '与各中心现状比较', en: 'compare with the centres as they are' } },
      { run: 'jinhong plan city -o wide', text: { zh: '列出每个对象', en: 'list every object' } },
      {
        run: 'jinhong plan city --offline',
        text: { zh: '与上次记录的状态比较，不联网', en: 'compare with the recorded state, without the network' },
      },
      { run: 'jinhong plan city -o json', text: { zh: '供程序读取', en: 'for programs' } },
    ],
  });
  addSharedOptions(command);
  option(command, '--offline', { zh: '只用上次记录的状态', en: 'use only what the last online plan recorded' });
  option(command, '--exit-zero', { zh: '有变更也以 0 退出', en: 'exit 0 also when changes are pending' });
  command.action(async (folder: string | undefined, options: Options) => {
    const ctx = contextOf(command);
    const { runPlan } = await import('../provision/run-plan.ts');
    const { planLines } = await import('../provision/plan-text.ts');
    const path = folderOf(folder, options);
    const plan = await runPlan(ctx, path, options);
    if (!(await printData(ctx, plan))) {
      for (const line of planLines(ctx, plan, `jinhong up ${path}`)) ctx.print(line);
    }
    ctx.exit(options.exitZero === true && plan.exitCode === 2 ? 0 : plan.exitCode);
  });
}
