import type { CommanderError } from 'commander';
import { distance } from 'fastest-levenshtein';
import { AppError } from '../core/errors.ts';
import { cliText } from '../core/text/cli.ts';
import type { Lang, Text } from '../core/text/lang.ts';

/** An error of wrong usage found by a command itself: exit code 64. */
export function usageError(text: Text, hint?: Text): AppError {
  const data = hint === undefined ? { text } : { text, hintText: hint };
  return new AppError('input', text.en, { code: 'wrong-usage', data });
}

/** The name of `known` that `given` was probably meant to be, or undefined when none is near. */
export function nearest(given: string, known: readonly string[]): string | undefined {
  const limit = Math.max(1, Math.floor(given.length * 0.4));
  let best: { name: string; far: number } | undefined;
  for (const name of known) {
    const far = distance(given, name);
    if (far <= limit && (best === undefined || far < best.far)) best = { name, far };
  }
  return best?.name;
}

const quoted = /'([^']*)'/;
const suggested = /\(Did you mean (?:one of )?(.*)\?\)/;

/**
 * What commander complains about, in the reader's language; `line` is the help command to name. Which complaint it is
 * comes from its code; only the quoted part of its message is reused.
 */
export function sayUsage(error: CommanderError, lang: Lang, line: string): string[] {
  const words = cliText(lang);
  const part = quoted.exec(error.message)?.[1] ?? '';
  const near = suggested.exec(error.message)?.[1];
  const lines = [`${words.error}: ${complaint(error, part, lang)}`];
  if (near !== undefined) lines.push(`  ${words.didYouMean(near)}`);
  lines.push(`  ${words.seeHelp(line)}`);
  return lines;
}

function complaint(error: CommanderError, part: string, lang: Lang): string {
  const words = cliText(lang);
  switch (error.code) {
    case 'commander.unknownOption':
      return words.unknownOption(part);
    case 'commander.unknownCommand':
      return words.unknownCommand(part);
    case 'commander.missingArgument':
      return words.missingArgument(part);
    case 'commander.optionMissingArgument':
      return words.optionMissingArgument(part);
    case 'commander.missingMandatoryOptionValue':
      return words.missingOption(part);
    case 'commander.excessArguments':
      return words.excessArguments;
    case 'commander.conflictingOption':
      return words.conflictingOption;
    default:
      return error.message.replace(/^error: /, '');
  }
}
