import type { Command, Option } from 'commander';
import { cliText, environmentTexts, exitCodeTexts } from '../core/text/cli.ts';
import type { Lang } from '../core/text/lang.ts';
import { examplesOf } from './command.ts';
import type { CliIo, RunState } from './context.ts';
import { addAllCommands, createProgram } from './program.ts';

/** An io that leads nowhere: the reference only reads the command tree. */
function nowhere(): CliIo {
  const sink = { write: () => true };
  const stdin = { isTTY: false } as unknown as CliIo['stdin'];
  return { env: {}, cwd: '.', stdin, stdout: sink, stderr: sink, now: () => 0, signal: new AbortController().signal };
}

/** The whole program in one language, every command's module loaded; nothing of it is run. */
export async function wholeProgram(lang: Lang): Promise<Command> {
  const state: RunState = { io: nowhere(), lang, exitCode: 0, graceMs: 0, closers: [] };
  const program = createProgram(state);
  await addAllCommands(program);
  return program;
}

/** The same command in both languages. */
interface Pair {
  readonly zh: Command;
  readonly en: Command;
  /** `local up` */
  readonly path: string;
}

/** The text of docs/cli.md: every command with its help in both languages, the exit codes and the variables. */
export async function cliReference(): Promise<string> {
  const [zh, en] = await Promise.all([wholeProgram('zh'), wholeProgram('en')]);
  const pairs = pairsOf({ zh, en, path: '' });
  const lines = [
    '# Command line',
    '',
    '<!-- Generated from the commands by `npm run generate`; do not edit. -->',
    '',
    cliText('zh').tagline,
    '',
    cliText('en').tagline,
    '',
    ...pairs.flatMap(commandLines),
    '## Options of every command 通用选项',
    '',
    ...optionTable(zh.options, en.options),
    '## Exit codes 退出码',
    '',
    '| | | |',
    '| --- | --- | --- |',
    ...Object.entries(exitCodeTexts).map(([code, text]) => row([`\`${code}\``, text.zh, text.en])),
    '',
    '## Variables 环境变量',
    '',
    '| | | |',
    '| --- | --- | --- |',
    ...Object.entries(environmentTexts).map(([name, text]) => row([`\`${name}\``, text.zh, text.en])),
    '',
  ];
  return lines.join('\n');
}

function pairsOf(pair: Pair): Pair[] {
  const visible = pair.en.createHelp().visibleCommands(pair.en);
  return visible.flatMap((en) => {
    const zh = pair.zh.commands.find((command) => command.name() === en.name());
    if (zh === undefined) return [];
    const path = pair.path === '' ? en.name() : `${pair.path} ${en.name()}`;
    const below: Pair = { zh, en, path };
    return [below, ...pairsOf(below)];
  });
}

function commandLines({ zh, en, path }: Pair): string[] {
  const args = en.registeredArguments.map((argument) => {
    const name = `${argument.name()}${argument.variadic ? '...' : ''}`;
    return argument.required ? `<${name}>` : `[${name}]`;
  });
  const groups = en.commands.length > 0 ? ['COMMAND'] : [];
  const usage = ['jinhong', path, ...groups, ...args, '[options]'].join(' ');
  const examples = examplesOf(en).flatMap((example) => [`# ${example.text.zh} / ${example.text.en}`, example.run]);
  return [
    `## jinhong ${path}`,
    '',
    zh.description().replaceAll('\n', '\n\n'),
    '',
    en.description().replaceAll('\n', '\n\n'),
    '',
    '```',
    usage,
    ...(examples.length > 0 ? ['', ...examples] : []),
    '```',
    '',
    ...argumentTable({ zh, en, path }),
    ...optionTable(zh.options, en.options),
  ];
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
}

function argumentTable({ zh, en }: Pair): string[] {
  const described = en.registeredArguments.filter((argument) => argument.description !== '');
  if (described.length === 0) return [];
  const rows = described.map((argument) => {
    const other = zh.registeredArguments.find((one) => one.name() === argument.name());
    return row([`\`${argument.name()}\``, other?.description ?? '', argument.description]);
  });
  return ['| Argument 参数 | | |', '| --- | --- | --- |', ...rows, ''];
}

function optionTable(zh: readonly Option[], en: readonly Option[]): string[] {
  const visible = en.filter((option) => !option.hidden);
  if (visible.length === 0) return [];
  const rows = visible.map((option) => {
    const other = zh.find((one) => one.flags === option.flags);
    const choices = option.argChoices === undefined ? '' : ` (${option.argChoices.join(', ')})`;
    const shown: unknown = option.defaultValueDescription ?? option.defaultValue;
    const plain = typeof shown === 'string' || typeof shown === 'number';
    const preset = plain && shown !== '' ? ` [${shown}]` : '';
    return row([`\`${option.flags}\``, other?.description ?? '', `${option.description}${choices}${preset}`]);
  });
  return ['| Option 选项 | | |', '| --- | --- | --- |', ...rows, ''];
}
