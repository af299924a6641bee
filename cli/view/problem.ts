import type { Problem } from '../../core/manifest/types.ts';
import { cliText } from '../../core/text/cli.ts';
import type { Lang } from '../../core/text/lang.ts';
import type { Style } from './style.ts';

/** The part of a mistake that is shown. */
export type ShownProblem = Pick<Problem, 'file' | 'line' | 'column' | 'rule' | 'severity' | 'text' | 'fix' | 'near'>;

/** Lines for one mistake of a manifest: place, what is wrong, the fix, what may have been meant. Pure. */
export function problemLines(problem: ShownProblem, lang: Lang, style: Style): string[] {
  const words = cliText(lang);
  const place = `${problem.file}:${problem.line}:${problem.column}`;
  const paint = problem.severity === 'error' ? style.bad : style.warn;
  const lines = [
    `${style.bold(place)}  ${paint(problem.rule)}  ${problem.text[lang]}`,
    `  ${words.fix}: ${problem.fix[lang]}`,
  ];
  const [near] = problem.near ?? [];
  if (near !== undefined) lines.push(`  ${words.didYouMean(near)}`);
  return lines;
}
