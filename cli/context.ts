import type { Command } from 'commander';
import type { Lang, Text } from '../core/text/lang.ts';
import { say } from '../core/text/say.ts';
import { colourWanted, makeStyle, type Style } from './view/style.ts';

/** Where text goes: a stream of the process, or a collector of a test. */
export interface Sink {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

/** All that a run takes from outside, so that a test can run a command inside its own process. */
export interface CliIo {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean | undefined };
  readonly stdout: Sink;
  readonly stderr: Sink;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}

/** Forms of `-o`. `text` is for people; the others are stable for scripts. `github` is served by `check` alone. */
export const outputs = ['text', 'wide', 'json', 'yaml', 'name', 'github'] as const;
export type Output = (typeof outputs)[number];

/** What `--yes` said. */
export interface Yes {
  /** `--yes` was given, with or without names: ordinary questions are answered yes. */
  readonly given: boolean;
  /** Names typed with `--yes=NAME`: only these may be destroyed without a question. */
  readonly names: readonly string[];
}

/** What every command gets: language, streams, switches and clock of this run. */
export interface Context {
  readonly io: CliIo;
  readonly env: CliIo['env'];
  readonly cwd: string;
  readonly lang: Lang;
  readonly output: Output;
  readonly style: Style;
  /** Whether stdout is a terminal that may be redrawn (also false with ACCESSIBLE set). */
  readonly isTTY: boolean;
  /** Whether a question can be asked: stdin and stderr are terminals and `--no-input` is absent. */
  readonly canAsk: boolean;
  readonly verbose: boolean;
  readonly yes: Yes;
  readonly signal: AbortSignal;
  /** `--kubeconfig`, `--cloud` and `--context` as given. */
  readonly kubeconfig: string | undefined;
  readonly cloud: string | undefined;
  readonly context: string | undefined;
  readonly now: () => number;
  /** Columns of the terminal, 0 when stdout is none: then nothing is cut. */
  readonly columns: number;
  readonly say: (text: Text) => string;
  /** One line for people or machines on stdout. */
  readonly print: (line: string) => void;
  /** One line on stderr that is no part of the result: hints, warnings, progress. */
  readonly note: (line: string) => void;
  /** One line on stderr with `--verbose` only. */
  readonly log: (line: string) => void;
  /** Sets the exit code of this run without an error; the largest of several wins, except that 5 wins over 2. */
  readonly exit: (code: number) => void;
  /** Runs when the command has ended, also after an error: close a client here. */
  readonly onClose: (close: () => unknown) => void;
  /** Milliseconds that the command may take after Ctrl-C to leave things in order; the second Ctrl-C never waits. @default 300 */
  readonly setGrace: (ms: number) => void;
}

interface GlobalOptions {
  readonly lang?: string;
  readonly kubeconfig?: string;
  readonly cloud?: string;
  readonly context?: string;
  readonly output?: Output;
  readonly verbose?: boolean;
  readonly input?: boolean;
  readonly yes?: readonly string[];
  readonly color?: string;
}

/** What runCli keeps of one run, shared by the Context and the end of the run. */
export interface RunState {
  readonly io: CliIo;
  readonly lang: Lang;
  exitCode: number;
  graceMs: number;
  readonly closers: (() => unknown)[];
}

const states = new WeakMap<Command, RunState>();
const contexts = new WeakMap<Command, Context>();

/** Ties a run to its program; done by runCli before any command is registered. */
export function bindRun(program: Command, state: RunState): void {
  states.set(program, state);
}

function rootOf(command: Command): Command {
  let root = command;
  while (root.parent !== null) root = root.parent;
  return root;
}

function stateOf(command: Command): RunState {
  const state = states.get(rootOf(command));
  if (state === undefined) throw new Error('the program has no run: use runCli');
  return state;
}

/** The language that help texts are registered in. */
export function langOf(command: Command): Lang {
  return stateOf(command).lang;
}

/** The context of the run that `command` belongs to; call it in an action, after parsing. */
export function contextOf(command: Command): Context {
  const root = rootOf(command);
  const known = contexts.get(root);
  if (known !== undefined) return known;
  const context = createContext(root.opts<GlobalOptions>(), stateOf(command));
  contexts.set(root, context);
  return context;
}

const urgent = [130, 5];

function worse(a: number, b: number): number {
  for (const code of urgent) if (a === code || b === code) return code;
  return Math.max(a, b);
}

/** Builds the context from the program's options; `contextOf` keeps one per run. */
export function createContext(options: GlobalOptions, state: RunState): Context {
  const { io, lang } = state;
  const accessible = (io.env['ACCESSIBLE'] ?? '') !== '';
  const terminal = io.stdout.isTTY === true && io.env['TERM'] !== 'dumb';
  const line = (sink: Sink) => (text: string) => void sink.write(`${text}\n`);
  const names = (options.yes ?? []).filter((name) => name !== '');
  return {
    io,
    env: io.env,
    cwd: io.cwd,
    lang,
    output: options.output ?? 'text',
    style: makeStyle(colourWanted(options.color, io.env, io.stdout.isTTY === true)),
    isTTY: terminal && !accessible,
    canAsk: io.stdin.isTTY === true && io.stderr.isTTY === true && options.input !== false,
    verbose: options.verbose === true,
    yes: { given: options.yes !== undefined, names },
    signal: io.signal,
    kubeconfig: options.kubeconfig,
    cloud: options.cloud,
    context: options.context,
    now: io.now,
    columns: io.stdout.isTTY === true ? (io.stdout.columns ?? 80) : 0,
    say: (text) => say(lang, text),
    print: line(io.stdout),
    note: line(io.stderr),
    log: options.verbose === true ? line(io.stderr) : () => undefined,
    exit: (code) => {
      state.exitCode = worse(state.exitCode, code);
    },
    onClose: (close) => {
      state.closers.push(close);
    },
    setGrace: (ms) => {
      state.graceMs = ms;
    },
  };
}
