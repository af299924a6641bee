import { type Argument, type Command, Option } from 'commander';
import type { Lang, Text } from '../core/text/lang.ts';
import { say } from '../core/text/say.ts';
import { langOf } from './context.ts';

/** One example of a command's help: the line to type, and what it does. */
export interface Example {
  /** The whole line, beginning with `jinhong`. */
  readonly run: string;
  readonly text: Text;
}

/** What the help of a command says in both languages. */
export interface CommandHelp {
  /** One sentence. */
  readonly summary: Text;
  /** More, below the summary. */
  readonly details?: Text;
  /** 2 to 4 on every command that does something. */
  readonly examples: readonly Example[];
  readonly hidden?: boolean;
}

const examples = new WeakMap<Command, readonly Example[]>();

/** The examples of a command, empty when it has none. */
export function examplesOf(command: Command): readonly Example[] {
  return examples.get(command) ?? [];
}

/**
 * Adds a command with its help in the language of the run. `usage` is commander's form: `check [path...]`. Options and
 * action follow on the returned command, with texts by `option` and `argument` below.
 */
export function defineCommand(parent: Command, usage: string, help: CommandHelp): Command {
  const lang = langOf(parent);
  const [name = '', ...rest] = usage.split(' ');
  const command = parent.command(name, { hidden: help.hidden === true }).helpCommand(false);
  for (const part of rest) command.argument(part);
  describe(command, help, lang);
  return command;
}

function describe(command: Command, help: CommandHelp, lang: Lang): void {
  const details = help.details === undefined ? '' : `\n${say(lang, help.details)}`;
  command.summary(say(lang, help.summary)).description(say(lang, help.summary) + details);
  examples.set(command, help.examples);
}

/** What one option may be. */
export interface OptionHelp {
  readonly choices?: readonly string[];
  readonly default?: unknown;
  /** How the default is written in the help. @default as it is */
  readonly defaultText?: string;
  readonly required?: boolean;
  /** Makes the value of the text given, with the value so far; throw InvalidArgumentError for a wrong one. */
  readonly parse?: (value: string, previous: unknown) => unknown;
  readonly hidden?: boolean;
}

/** Adds an option with its text in the language of the run; returns the command. */
export function option(command: Command, flags: string, text: Text, more: OptionHelp = {}): Command {
  const made = new Option(flags, say(langOf(command), text));
  if (more.choices !== undefined) made.choices([...more.choices]);
  if (more.parse !== undefined) made.argParser(more.parse);
  if (more.default !== undefined) made.default(more.default, more.defaultText);
  if (more.required === true) made.makeOptionMandatory();
  if (more.hidden === true) made.hideHelp();
  return command.addOption(made);
}

/** Describes the argument `name` that the usage of defineCommand declared; returns the command. */
export function argument(command: Command, name: string, text: Text): Command {
  const found = command.registeredArguments.find((known: Argument) => known.name() === name);
  if (found === undefined) throw new Error(`no argument ${name}`);
  found.description = say(langOf(command), text);
  return command;
}
