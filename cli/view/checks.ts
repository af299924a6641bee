import type { Text } from '../../core/text/lang.ts';
import type { Style } from './style.ts';
import { padTo, widthOf } from './width.ts';

/** One thing that `doctor` looked at. */
export interface Finding {
  /** What was looked at, e.g. a centre or a program. */
  readonly subject: string;
  readonly level: 'ok' | 'warn' | 'bad' | 'unknown';
  readonly text: Text;
  /** What to do, ideally a command. */
  readonly fix?: Text;
  /** The subject is a centre that gave no answer. */
  readonly silent?: true;
}

const words = {
  ok: { zh: '正常', en: 'ok', sign: '✓' },
  warn: { zh: '注意', en: 'look', sign: '!' },
  bad: { zh: '异常', en: 'bad', sign: '✗' },
  unknown: { zh: '未知', en: 'unknown', sign: '?' },
} as const;

/** One line per finding, with what to do below it where there is something. Pure. */
export function renderFindings(findings: readonly Finding[], lang: 'zh' | 'en', style: Style): string[] {
  const width = Math.max(0, ...findings.map((finding) => widthOf(finding.subject)));
  const paint = { ok: style.good, warn: style.warn, bad: style.bad, unknown: style.warn };
  return findings.flatMap(({ subject, level, text, fix }) => {
    const mark = paint[level](`${words[level].sign} ${words[level][lang]}`);
    const lines = [`${padTo(mark, 9)}  ${padTo(subject, width)}  ${text[lang]}`];
    if (fix !== undefined) lines.push(`${' '.repeat(9)}  ${' '.repeat(width)}  -> ${fix[lang]}`);
    return lines;
  });
}
