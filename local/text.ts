/** Every sentence of the local cloud for people, in both languages. */
import { type Lang, pickLang } from '../core/text/lang.ts';
import { type LocalText, localEn } from './text-en.ts';
import { localZh } from './text-zh.ts';

let chosen: Lang | undefined;

/** Speaks `lang` from now on (the CLI's `--lang`); without it the environment decides. */
export function useLang(lang: Lang): void {
  chosen = lang;
}

/** The catalogue in the language of `useLang` or of the environment. */
export function localText(): LocalText {
  return (chosen ?? pickLang(process.env)) === 'zh' ? localZh : localEn;
}
