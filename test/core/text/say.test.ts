import { describe, expect, it } from 'vitest';
import { exitCodes } from '../../../core/errors.ts';
import { cliText, exitCodeTexts } from '../../../core/text/cli.ts';
import { pickLang } from '../../../core/text/lang.ts';
import { say } from '../../../core/text/say.ts';
import { wordOf } from '../../../core/text/tenancy.ts';

describe('the language', () => {
  it.each([
    [undefined, {}, 'zh'],
    [undefined, { LANG: 'C.UTF-8' }, 'zh'],
    [undefined, { LANG: 'POSIX' }, 'zh'],
    [undefined, { LANG: 'en_GB.UTF-8' }, 'en'],
    [undefined, { LANG: 'de_DE' }, 'en'],
    [undefined, { LANG: 'en_US', LC_ALL: 'zh_CN.UTF-8' }, 'zh'],
    [undefined, { LANG: 'en_US', JINHONG_LANG: 'zh' }, 'zh'],
    ['en', { JINHONG_LANG: 'zh' }, 'en'],
  ])('--lang %s with %j is %s', (flag, env, lang) => {
    expect(pickLang(env, flag)).toBe(lang);
  });
});

describe('a catalogue', () => {
  it('speaks both languages', () => {
    expect(say('zh', { zh: '好', en: 'good' })).toBe('好');
    expect(cliText('zh').didYouMean('x')).toContain('x');
    expect(cliText('en').didYouMean('x')).toBe('Did you mean x?');
  });

  it('has a text for every exit code', () => {
    expect(Object.keys(exitCodeTexts).map(Number)).toEqual(Object.values(exitCodes));
  });

  it('says an unknown word as it is', () => {
    expect(wordOf({ a: { zh: '甲', en: 'A' } }, 'b', 'zh')).toBe('b');
    expect(wordOf({}, 'toString', 'zh')).toBe('toString');
  });
});
