/** The two languages of every message for people. */
export type Lang = 'zh' | 'en';

/** One sentence in both languages; keys and identifiers inside it stay untranslated. */
export interface Text {
  readonly zh: string;
  readonly en: string;
}

/**
 * Which language to speak: `flag` (`--lang`), then JINHONG_LANG, then LC_ALL, LC_MESSAGES, LANG; Chinese when none of
 * them names a language (`C` and `POSIX` name none).
 */
export function pickLang(env: Readonly<Record<string, string | undefined>>, flag?: string): Lang {
  for (const value of [flag, env['JINHONG_LANG'], env['LC_ALL'], env['LC_MESSAGES'], env['LANG']]) {
    const name = value?.toLowerCase() ?? '';
    if (name.startsWith('zh')) return 'zh';
    if (name !== '' && name !== 'posix' && name !== 'c' && !name.startsWith('c.')) return 'en';
  }
  return 'zh';
}
