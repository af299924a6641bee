import { Argument, type Command } from 'commander';
import { defineCommand } from '../command.ts';
import { offeredText } from '../completion/names.ts';
import { contextOf } from '../context.ts';

const shells = ['bash', 'zsh'] as const;

/** `jinhong completion`: prints a script that the shell reads. */
export function registerCompletion(program: Command): void {
  const command = defineCommand(program, 'completion', {
    summary: { zh: '输出 bash 或 zsh 的补全脚本', en: 'Print the completion script of bash or zsh' },
    details: {
      zh: '命令和选项是固定的；租户、部门和中心的名称取自上次联网命令留下的本地缓存，补全时从不联网。',
      en: 'Commands and options are constant; names of tenants, departments and centres come from a local cache that online commands leave. Completing never uses the network.',
    },
    examples: [
      {
        run: 'jinhong completion bash',
        text: {
          zh: '写入 ~/.bashrc：source <(jinhong completion bash)',
          en: 'for ~/.bashrc: source <(jinhong completion bash)',
        },
      },
      {
        run: 'jinhong completion zsh',
        text: {
          zh: '写入 ~/.zshrc：source <(jinhong completion zsh)',
          en: 'for ~/.zshrc: source <(jinhong completion zsh)',
        },
      },
    ],
  });
  command.addArgument(new Argument('<shell>', 'shell').choices([...shells]));
  command.action(async (shell: (typeof shells)[number]) => {
    const ctx = contextOf(command);
    const [{ addAllCommands, createProgram }, { specsOf }, scripts, { allRules }] = await Promise.all([
      import('../program.ts'),
      import('../completion/spec.ts'),
      import('../completion/script.ts'),
      import('../explain/rule.ts'),
    ]);
    const whole = createProgram({ io: ctx.io, lang: ctx.lang, exitCode: 0, graceMs: 0, closers: [] });
    await addAllCommands(whole);
    const rules = [...new Set(allRules().map(({ id }) => id))].sort();
    const specs = specsOf(whole, ['rules', ...rules]);
    ctx.io.stdout.write(shell === 'bash' ? scripts.bashScript(specs) : scripts.zshScript(specs));
  });
}

/** Hidden: prints the remembered names of one kind that begin with a prefix, one a line. */
export function registerCompleteValues(program: Command): void {
  const command = defineCommand(program, '__complete <kind> [prefix]', {
    summary: { zh: '供补全脚本使用', en: 'Used by the completion scripts' },
    examples: [],
    hidden: true,
  });
  command.action((kind: string, prefix: string | undefined) => {
    const { io, env } = contextOf(command);
    io.stdout.write(offeredText(env, kind, prefix));
  });
}
