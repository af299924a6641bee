import type { Command, Help, Option } from 'commander';
import { cliText } from '../../core/text/cli.ts';
import type { Lang } from '../../core/text/lang.ts';
import { examplesOf } from '../command.ts';
import { type CommandGroup, groups, table } from '../table.ts';
import type { Style } from './style.ts';
import { padTo, widthOf, wrap } from './width.ts';

/** How one help page is laid out. */
export interface HelpLook {
  readonly lang: Lang;
  readonly style: Style;
  /** Columns to wrap at. */
  readonly width: number;
}

type Row = readonly [term: string, text: string];

/** The whole help text of `command`: what it is, examples first, then arguments, options and commands. */
export function formatHelp(command: Command, helper: Help, look: HelpLook): string {
  const words = cliText(look.lang);
  const { style } = look;
  const out: string[] = [`${style.bold(words.usage)}  ${helper.commandUsage(command)}`, ''];
  const description = command.parent === null ? words.tagline : helper.commandDescription(command);
  if (description !== '') out.push(...wrap(description, look.width), '');
  const examples = examplesOf(command);
  if (examples.length > 0) {
    out.push(style.bold(words.examples));
    for (const example of examples) {
      out.push(`  ${style.dim(`# ${example.text[look.lang]}`)}`, `  ${example.run}`);
    }
    out.push('');
  }
  const argumentRows = helper.visibleArguments(command).map((arg): Row => [arg.name(), arg.description]);
  section(out, words.arguments, argumentRows, look);
  const optionRow = (option: Option): Row => [helper.optionTerm(option), optionText(option, look.lang)];
  const own = helper.visibleOptions(command).map(optionRow);
  if (command.parent === null) {
    for (const group of groups) section(out, words[group], commandRows(group, look.lang), look);
    section(out, words.globalOptions, own, look);
    out.push(...wrap(words.more, look.width));
    return `${out.join('\n')}\n`;
  }
  section(out, words.options, own, look);
  const below = helper.visibleCommands(command).map((sub): Row => [helper.subcommandTerm(sub), sub.summary()]);
  section(out, words.commands, below, look);
  section(out, words.globalOptions, helper.visibleGlobalOptions(command).map(optionRow), look);
  return `${out.join('\n').trimEnd()}\n`;
}

function commandRows(group: CommandGroup, lang: Lang): Row[] {
  return table
    .filter((entry) => entry.group === group && entry.hidden !== true)
    .map((entry) => [entry.name, entry.summary[lang]]);
}

function optionText(option: Option, lang: Lang): string {
  const words = cliText(lang);
  const more: string[] = [];
  if (option.argChoices !== undefined) more.push(words.choices(option.argChoices.join(', ')));
  const shown = option.defaultValueDescription ?? option.defaultValue;
  const plain = typeof shown === 'string' || typeof shown === 'number';
  if (plain && shown !== '') more.push(words.defaultValue(String(shown)));
  if (more.length === 0) return option.description;
  return lang === 'zh' ? `${option.description}（${more.join('；')}）` : `${option.description} (${more.join('; ')})`;
}

function section(out: string[], title: string, rows: readonly Row[], look: HelpLook): void {
  if (rows.length === 0) return;
  out.push(look.style.bold(title));
  const left = Math.min(30, Math.max(...rows.map(([term]) => widthOf(term))));
  for (const [term, text] of rows) {
    const lines = wrap(text, look.width - left - 4);
    if (widthOf(term) > left) out.push(`  ${term}`);
    else out.push(`  ${padTo(look.style.name(term), left)}  ${lines.shift() ?? ''}`.trimEnd());
    for (const line of lines) out.push(`  ${' '.repeat(left)}  ${line}`);
  }
  out.push('');
}
