import { createInterface } from 'node:readline/promises';
import { AppError } from '../../core/errors.ts';
import { cliText } from '../../core/text/cli.ts';
import type { Context } from '../context.ts';

/** What a confirmation needs. */
export interface Confirmation {
  /** Name that must be typed, or given by `--yes=NAME`: for what cannot be taken back. A bare `--yes` is not enough then. */
  readonly name?: string;
}

function refusal(message: string): AppError {
  return new AppError('input', message, { code: 'not-confirmed', data: { text: { zh: message, en: message } } });
}

/**
 * Returns when the reader agrees. `--yes` agrees to ordinary questions, `--yes=NAME` to those with that name. Where
 * nobody can be asked, or the answer is no, an AppError `not-confirmed` is thrown; a question never hangs in a pipe.
 */
export async function confirm(ctx: Context, question: string, { name }: Confirmation = {}): Promise<void> {
  const words = cliText(ctx.lang);
  const agreed = name === undefined ? ctx.yes.given : ctx.yes.names.includes(name);
  if (agreed) return;
  const flag = name === undefined ? '--yes' : `--yes=${name}`;
  if (!ctx.canAsk) throw refusal(`${question} — ${words.needAnswer(flag)}`);
  const prompt = name === undefined ? `${question} ${words.yesNo} ` : `${question}\n${words.typeName(name)}`;
  const answer = await ask(ctx, prompt);
  const yes = name === undefined ? /^(y|yes|是)$/i.test(answer) : answer === name;
  if (!yes) throw refusal(words.notConfirmed);
}

async function ask(ctx: Context, prompt: string): Promise<string> {
  ctx.io.stderr.write(prompt);
  const lines = typedLines(ctx);
  try {
    return ((await lines.next()) ?? '').trim();
  } finally {
    lines.close();
  }
}

/** What somebody types: `next` is one line, undefined at the end of the input, so that a closed pipe never waits for ever. */
export interface TypedLines {
  readonly next: () => Promise<string | undefined>;
  readonly close: () => void;
}

/** Opens the lines of the terminal; the caller closes them. `next` rejects when the command is interrupted. */
export function typedLines(ctx: Context): TypedLines {
  const reader = createInterface({ input: ctx.io.stdin });
  const ended = new Promise<undefined>((resolve) => reader.once('close', () => resolve(undefined)));
  return {
    next: () => Promise.race([reader.question('', { signal: ctx.signal }), ended]),
    close: () => reader.close(),
  };
}
