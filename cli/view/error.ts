import { isAppError } from '../../core/errors.ts';
import { cliText } from '../../core/text/cli.ts';
import { type ErrorText, errorTextOf } from '../../core/text/errors.ts';
import type { Lang, Text } from '../../core/text/lang.ts';
import type { Output } from '../context.ts';
import type { Style } from './style.ts';

/** How errors are printed in this run. */
export interface ErrorLook {
  readonly lang: Lang;
  readonly style: Style;
  readonly output: Output;
  readonly verbose: boolean;
  readonly exitCode: number;
}

/**
 * Reads one fact of an error's `data`. The facts that are shown: `where` (file:line:column or kind/name), `rule`,
 * `why`, `who` (who acts, if not the reader), `text` and `hintText` ({zh, en}, preferred over message and hint).
 */
function fact(data: Readonly<Record<string, unknown>>, key: string): string | undefined {
  const value = data[key];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function textOf(value: unknown): Text | undefined {
  const text = value as Partial<Text> | undefined;
  return typeof text?.zh === 'string' && typeof text.en === 'string' ? { zh: text.zh, en: text.en } : undefined;
}

/** Everything that is said about an error, in one language; what is not known is absent. */
export interface SaidError {
  readonly message: string;
  readonly code: string;
  readonly where: string | undefined;
  readonly rule: string | undefined;
  readonly why: string | undefined;
  readonly hint: string | undefined;
  readonly who: string | undefined;
  readonly isBug: boolean;
}

/** What to say about any thrown value. Codes with a text in `core/text/errors.ts` are said in the reader's language. */
export function sayError(error: unknown, lang: Lang): SaidError {
  if (!isAppError(error)) {
    const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    const none = { where: undefined, rule: undefined, why: undefined, who: undefined };
    return { ...none, message, code: 'bug', hint: cliText(lang).report, isBug: true };
  }
  const { data } = error;
  const known: ErrorText | undefined = errorTextOf(error.code);
  const said = textOf(data['text']) ?? known?.text(data);
  // A hint of the error itself is in English; for Chinese readers the catalogue's is better where it has one.
  const general = known?.hint?.[lang];
  const hint = textOf(data['hintText'])?.[lang] ?? (lang === 'zh' ? (general ?? error.hint) : (error.hint ?? general));
  const rule = fact(data, 'rule');
  const isBug = error.kind === 'bug';
  return {
    message: said === undefined ? error.message : said[lang],
    code: error.code,
    where: fact(data, 'where'),
    rule,
    why: fact(data, 'why') ?? (known?.text(data) === undefined ? undefined : error.message),
    hint: hint ?? (isBug ? cliText(lang).report : undefined),
    who: fact(data, 'who'),
    isBug,
  };
}

/** The lines that are printed for a thrown value: text for people, or one JSON object with `-o json|yaml`. */
export function renderError(error: unknown, look: ErrorLook): string {
  const said = sayError(error, look.lang);
  if (look.output === 'json' || look.output === 'yaml') return `${JSON.stringify(errorJson(said, look.exitCode))}\n`;
  const words = cliText(look.lang);
  const { style } = look;
  const lines = [`${style.bad(`${words.error}:`)} ${said.message}`];
  const more = (label: string, value: string | undefined) => {
    if (value !== undefined) lines.push(`  ${style.dim(`${label}:`)} ${value}`);
  };
  if (said.isBug) lines.push(`  ${words.bug}`);
  more(words.where, said.where);
  more(words.rule, said.rule === undefined ? undefined : `${said.rule}  (${words.explainRule(said.rule)})`);
  more(words.why, said.why === said.message ? undefined : said.why);
  more(words.fix, said.hint);
  more(words.who, said.who);
  if (look.verbose) lines.push(...stackOf(error));
  return `${lines.join('\n')}\n`;
}

function errorJson(said: SaidError, exitCode: number) {
  const { message, code, where, rule, why, hint, who } = said;
  return {
    apiVersion: 'jinhong.dev/v1alpha1',
    kind: 'Error',
    exitCode,
    reason: code,
    message,
    where,
    rule,
    why,
    hint,
    who,
  };
}

function stackOf(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  const cause = error.cause instanceof Error ? [`cause: ${error.cause.stack ?? error.cause.message}`] : [];
  return [error.stack ?? '', ...cause].flatMap((text) => text.split('\n'));
}
