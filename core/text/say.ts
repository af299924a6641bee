import type { Lang, Text } from './lang.ts';

/** `text` in the language asked for. Pure. */
export function say(lang: Lang, text: Text): string {
  return lang === 'zh' ? text.zh : text.en;
}

/** A value of a catalogue: a sentence, or a function that builds one. */
type Entry = string | ((...args: never[]) => string);

/** The other language of a catalogue: the same keys, functions with the same parameters. */
type Same<T> = { readonly [K in keyof T]: T[K] extends (...args: infer A) => string ? (...args: A) => string : string };

/**
 * Both languages of one set of sentences. The compiler refuses a key that one language lacks or a function that takes
 * other parameters, so the two always cover the same.
 */
export function catalogue<T extends Readonly<Record<string, Entry>>>(zh: T, en: Same<T>): (lang: Lang) => Same<T> {
  return (lang) => (lang === 'zh' ? (zh as unknown as Same<T>) : en);
}
