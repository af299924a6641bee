import type { z } from 'zod';
import { formatOf } from '../../core/manifest/format-words.ts';
import { nearest } from '../../core/manifest/near.ts';
import { notesOf } from '../../core/manifest/schema-walk.ts';
import type { Text } from '../../core/text/lang.ts';
import type { Context } from '../context.ts';
import { usageError } from '../usage.ts';
import { type TypedLines, typedLines } from '../view/ask.ts';

/** One thing that `jinhong new` needs to know: a flag gives it, or a question at a terminal. */
export interface Question {
  /** Name of the flag without dashes. */
  readonly flag: string;
  readonly text: Text;
  /** Judges the answer; its words are those of `jinhong check`. */
  readonly schema: z.ZodType;
  /** Taken when nothing is answered, and without asking when nobody can be asked. */
  readonly fallback?: string | undefined;
  /** Answers that are known, shown and used for near misses. */
  readonly choices?: readonly string[] | undefined;
  /** May stay empty. */
  readonly optional?: boolean;
}

export type Answers = Readonly<Record<string, string | undefined>>;

/**
 * Answers by flag name. Flags are judged first; what is missing is asked at a terminal, and anywhere else it is one error
 * that names every missing flag. Wrong usage throws; a wrong answer at a terminal is asked again.
 */
export async function answer(ctx: Context, questions: readonly Question[], given: Answers): Promise<Answers> {
  const answers: Record<string, string | undefined> = {};
  for (const question of questions) {
    const value = given[question.flag];
    if (value === undefined) continue;
    const wrong = whatIsWrong(question, value);
    if (wrong !== undefined) throw usageError(prefixed(`--${question.flag} ${value}`, wrong));
    answers[question.flag] = value;
  }
  const open = questions.filter(({ flag }) => answers[flag] === undefined);
  if (!ctx.canAsk) {
    const missing = open.filter(({ fallback, optional }) => fallback === undefined && optional !== true);
    if (missing.length > 0) throw missingFlags(missing);
    for (const { flag, fallback } of open) answers[flag] = fallback;
    return answers;
  }
  const lines = typedLines(ctx);
  try {
    for (const question of open) answers[question.flag] = await ask(ctx, lines, question);
  } finally {
    lines.close();
  }
  return answers;
}

function missingFlags(missing: readonly Question[]): Error {
  const flags = missing.map(({ flag }) => (flag === 'name' ? 'NAME' : `--${flag}`)).join(' ');
  return usageError(
    { zh: `缺少：${flags}（这里不能提问）`, en: `missing: ${flags} (nobody can be asked here)` },
    { zh: '逐一写明这些选项，或在终端中运行', en: 'give these options, or run it in a terminal' },
  );
}

async function ask(ctx: Context, lines: TypedLines, question: Question): Promise<string | undefined> {
  const { fallback, choices = [], optional } = question;
  const known = choices.length > 0 ? ` (${choices.slice(0, 12).join(', ')})` : '';
  const preset = fallback === undefined ? '' : ` [${fallback}]`;
  for (;;) {
    ctx.io.stderr.write(`${ctx.say(question.text)}${known}${preset}: `);
    const typed = (await lineOf(lines)).trim();
    if (typed === '' && fallback !== undefined) return fallback;
    if (typed === '' && optional === true) return undefined;
    const wrong = whatIsWrong(question, typed);
    if (wrong === undefined) return typed;
    ctx.note(`  ${ctx.say(wrong)}`);
  }
}

/** One line; the end of input is an error, so that a closed pipe never asks for ever. */
async function lineOf(lines: TypedLines): Promise<string> {
  const line = await lines.next();
  if (line === undefined) throw usageError({ zh: '输入已结束', en: 'the input has ended' });
  return line;
}

function whatIsWrong({ schema, choices, flag }: Question, value: string): Text | undefined {
  const number = /^\d+$/.test(value) ? Number(value) : value;
  if (!schema.safeParse(value).success && !schema.safeParse(number).success) {
    const { maxLength } = notesOf(schema);
    return (
      formatOf(schema)?.text ?? { zh: `须为 1 到 ${maxLength ?? 64} 个字符`, en: `1 to ${maxLength ?? 64} characters` }
    );
  }
  if (choices === undefined || choices.length === 0 || choices.includes(value)) return undefined;
  const shown = [...nearest(value, choices), ...choices].slice(0, 8).join(', ');
  return { zh: `没有 ${flag} ${value}，可以是：${shown}`, en: `there is no ${flag} ${value}; use one of: ${shown}` };
}

function prefixed(head: string, { zh, en }: Text): Text {
  return { zh: `${head}：${zh}`, en: `${head}: ${en}` };
}
