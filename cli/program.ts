import { Command, Option } from 'commander';
import type { Text } from '../core/text/lang.ts';
import { say } from '../core/text/say.ts';
import { bindRun, outputs, type RunState } from './context.ts';
import { table } from './table.ts';
import { formatHelp } from './view/help.ts';
import { colourWanted, makeStyle } from './view/style.ts';

/** Options of the program that take a value in the next argument; needed to find the command's name. */
const withValue = new Set(['--lang', '--kubeconfig', '--cloud', '--context', '-o', '--output', '--color']);

/**
 * The first word that is neither an option nor its value: the command. Pure.
 * `rest` are the words after it that are no options, enough for `help TOPIC`.
 */
export function findCommand(argv: readonly string[]): { name: string | undefined; rest: readonly string[] } {
  const words: string[] = [];
  for (let i = 0; i < argv.length; i += 1) {
    const arg = argv[i] ?? '';
    if (arg === '--') break;
    if (withValue.has(arg)) i += 1;
    else if (!arg.startsWith('-')) words.push(arg);
  }
  return { name: words[0], rest: words.slice(1) };
}

/** The value of `--lang` wherever it stands, before commander has parsed. */
export function findLang(argv: readonly string[]): string | undefined {
  for (let i = 0; i < argv.length; i += 1) {
    const arg = argv[i] ?? '';
    if (arg === '--') return undefined;
    if (arg === '--lang') return argv[i + 1];
    if (arg.startsWith('--lang=')) return arg.slice('--lang='.length);
  }
  return undefined;
}

/**
 * `--yes` without `=NAME` must not swallow the word after it (`jinhong up --yes FOLDER`): it becomes `--yes=`.
 * Words after `--` stay as they are.
 */
export function detachYes(argv: readonly string[]): string[] {
  const end = argv.indexOf('--');
  return argv.map((arg, index) => (arg === '--yes' && (end < 0 || index < end) ? '--yes=' : arg));
}

/** The program with its options and every command's name; no command's module is loaded. */
export function createProgram(state: RunState): Command {
  const program = new Command('jinhong');
  bindRun(program, state);
  const { io, lang } = state;
  const style = makeStyle(colourWanted(undefined, io.env, io.stdout.isTTY === true));
  const width = Math.min(io.stdout.isTTY === true ? (io.stdout.columns ?? 100) : 100, 120);
  program
    .exitOverride()
    .configureHelp({
      showGlobalOptions: true,
      formatHelp: (command, helper) => formatHelp(command, helper, { lang, style, width }),
    })
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(text),
      outputError: () => undefined,
    })
    .helpCommand(false)
    .helpOption('-h, --help', say(lang, { zh: '显示帮助', en: 'show this help' }))
    .usage(say(lang, { zh: '命令 [参数] [选项]', en: 'COMMAND [arguments] [options]' }));
  addGlobalOptions(program, (text) => say(lang, text));
  return program;
}

function addGlobalOptions(program: Command, t: (text: Text) => string): void {
  const collect = (value: string, before: unknown) => [
    ...((before as string[] | undefined) ?? []),
    ...value.split(','),
  ];
  const add = (flags: string, text: Text, choices?: readonly string[]) => {
    const made = new Option(flags, t(text));
    if (choices !== undefined) made.choices([...choices]);
    program.addOption(made);
  };
  add('-o, --output <form>', { zh: '输出形式', en: 'form of the output' }, outputs);
  add('--lang <lang>', { zh: '语言', en: 'language' }, ['zh', 'en']);
  add('--kubeconfig <path>', { zh: 'kubeconfig 文件', en: 'kubeconfig file' });
  add('--context <name>', {
    zh: '管理中心在 kubeconfig 中的 context；缺省见 cloud.yaml，再取当前 context',
    en: "context of the management centre; default: cloud.yaml's, then the current one",
  });
  add('--cloud <file>', { zh: 'cloud.yaml 的位置', en: 'where cloud.yaml is' });
  const yes = new Option(
    '--yes [=name]',
    t({
      zh: '不再提问；销毁类操作须写明名称：--yes=NAME，可重复',
      en: 'ask nothing; what destroys needs the name: --yes=NAME, more than once if need be',
    }),
  );
  program.addOption(yes.argParser(collect));
  add('--no-input', { zh: '从不提问，需要确认时报错', en: 'never ask; where an answer is needed, fail' });
  add('--color <when>', { zh: '是否着色', en: 'whether to colour' }, ['auto', 'always', 'never']);
  add('--verbose', { zh: '在 stderr 输出经过和调用栈', en: 'say on stderr what is done, with stacks of errors' });
}

/** Adds the chosen command for real and every other one by name only, so that a near name can be suggested. */
export async function addCommands(program: Command, chosen: string | undefined): Promise<void> {
  for (const entry of table) {
    if (entry.name === chosen) (await entry.load())(program);
    else program.command(entry.name, { hidden: entry.hidden === true }).summary(entry.summary.en);
  }
}

/** Every command for real: for the generated reference and the tests of examples. */
export async function addAllCommands(program: Command): Promise<void> {
  for (const entry of table) (await entry.load())(program);
}
