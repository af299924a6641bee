import { type Command, CommanderError } from 'commander';
import { exitCodeFor, exitCodes, isAppError } from '../core/errors.ts';
import { cliText, environmentTexts, exitCodeTexts } from '../core/text/cli.ts';
import { type Lang, pickLang } from '../core/text/lang.ts';
import type { CliIo, Output, RunState } from './context.ts';
import { addCommands, createProgram, detachYes, findCommand, findLang } from './program.ts';
import { sayUsage } from './usage.ts';
import { renderError } from './view/error.ts';
import { colourWanted, makeStyle } from './view/style.ts';
import { padTo, widthOf } from './view/width.ts';

/** The version of this package; docs and doctor print it. */
export const version = '0.1.0';

/**
 * Runs one command line and returns its exit code. Nothing is thrown: errors are printed to `io.stderr`. `state` lets
 * the caller see how long the command wants to live after Ctrl-C.
 */
export async function runCli(argv: readonly string[], io: CliIo, state = newState(argv, io)): Promise<number> {
  const args = detachYes(argv);
  const { name, rest } = findCommand(args);
  const program = createProgram(state);
  program.version(version, '--version', state.lang === 'zh' ? '显示版本' : 'show the version');
  try {
    if (name === 'help') await help(program, rest, state);
    else await run(program, name, args);
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return exitCodes.done;
    state.exitCode = report(await ruled(error), program, state, name);
  } finally {
    await closeAll(state);
  }
  return io.signal.aborted ? exitCodes.interrupted : state.exitCode;
}

/** The state of a run that begins: language from `--lang` and the environment. */
export function newState(argv: readonly string[], io: CliIo): RunState {
  return { io, lang: pickLang(io.env, findLang(argv)), exitCode: 0, graceMs: 300, closers: [] };
}

async function run(program: Command, name: string | undefined, args: readonly string[]): Promise<void> {
  await addCommands(program, name);
  if (name === undefined) program.action(() => program.outputHelp());
  await program.parseAsync([...args], { from: 'user' });
}

/** A refusal of admission as one by the rule that it names; only then are the rules loaded. */
async function ruled(error: unknown): Promise<unknown> {
  if (!isAppError(error) || error.kind !== 'forbidden') return error;
  return (await import('./refusal.ts')).asRefusal(error);
}

async function closeAll(state: RunState): Promise<void> {
  for (const close of state.closers.splice(0).reverse()) {
    try {
      await close();
    } catch {
      // The result is known already; a connection that does not close cleanly changes nothing about it.
    }
  }
}

/** Prints what went wrong and returns the exit code. The only place that prints errors. */
function report(error: unknown, program: Command, state: RunState, name: string | undefined): number {
  const { io, lang } = state;
  if (io.signal.aborted) {
    io.stderr.write(`${cliText(lang).interrupted}\n`);
    return exitCodes.interrupted;
  }
  if (error instanceof CommanderError) {
    // A group of commands was named without one of them: its help has been shown on stderr.
    if (error.code === 'commander.help') return exitCodes.usage;
    const line = ['jinhong', 'help', ...(name === undefined ? [] : [name])].join(' ');
    const help = error.code === 'commander.unknownCommand' || name === undefined ? 'jinhong help' : line;
    io.stderr.write(`${sayUsage(error, lang, help).join('\n')}\n`);
    return exitCodes.usage;
  }
  const options = program.opts<{ output?: Output; verbose?: boolean; color?: string }>();
  const exitCode = isAppError(error) && error.code === 'wrong-usage' ? exitCodes.usage : exitCodeFor(error);
  const look = {
    lang,
    style: makeStyle(colourWanted(options.color, io.env, io.stderr.isTTY === true)),
    output: options.output ?? ('text' as const),
    verbose: options.verbose === true,
    exitCode,
  };
  io.stderr.write(renderError(error, look));
  return exitCode;
}

async function help(program: Command, [topic, ...below]: readonly string[], state: RunState): Promise<void> {
  const { io, lang } = state;
  if (topic === undefined) {
    io.stdout.write(program.helpInformation());
    return;
  }
  const page = topics[topic];
  if (page !== undefined) {
    io.stdout.write(page(lang));
    return;
  }
  await addCommands(program, topic);
  let command: Command | undefined = program;
  for (const word of [topic, ...below]) command = command?.commands.find((known) => known.name() === word);
  if (command === undefined) await program.parseAsync([topic, ...below], { from: 'user' });
  else io.stdout.write(command.helpInformation());
}

const topics: Readonly<Record<string, (lang: Lang) => string>> = {
  'exit-codes': (lang) => rows(Object.entries(exitCodeTexts).map(([code, text]) => [code, text[lang]])),
  environment: (lang) => rows(Object.entries(environmentTexts).map(([name, text]) => [name, text[lang]])),
};

function rows(lines: readonly (readonly [string, string])[]): string {
  const width = Math.max(...lines.map(([left]) => widthOf(left)));
  return lines.map(([left, right]) => `${padTo(left, width)}  ${right}\n`).join('');
}
