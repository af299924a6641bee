import { describe, expect, it } from 'vitest';
import { colourWanted } from '../../../cli/view/style.ts';
import { age, duration, moment, money } from '../../../cli/view/words.ts';

describe('words', () => {
  it.each([
    [0, '0 秒', '0 s'],
    [59_999, '59 秒', '59 s'],
    [60_000, '1 分钟', '1 min'],
    [7_200_000, '2 小时', '2 h'],
    [200_000_000, '2 天', '2 d'],
    [-5, '0 秒', '0 s'],
  ])('%i ms is %s or %s', (ms, zh, en) => {
    expect([duration(ms, 'zh'), duration(ms, 'en')]).toEqual([zh, en]);
  });

  it('an age is said as past, and a clock that runs ahead as now', () => {
    expect([age(0, 60_000, 'zh'), age(0, 60_000, 'en'), age(5000, 0, 'en')]).toEqual([
      '1 分钟前',
      '1 min ago',
      '0 s ago',
    ]);
  });

  it.each([
    ['1234567.5', '1,234,567.50 元'],
    ['0', '0.00 元'],
    ['999', '999.00 元'],
  ])('%s yuan is %s', (amount, said) => {
    expect(money(amount, 'cny', 'zh')).toBe(said);
  });

  it('a moment is in civil time of the cloud', () => {
    expect(moment(Date.parse('2026-12-31T16:30:00Z'), '+08:00')).toBe('2027-01-01 00:30');
    expect(moment(Date.parse('2026-12-31T16:30:00Z'), '-05:30')).toBe('2026-12-31 11:00');
  });
});

describe('colour', () => {
  it.each([
    ['always', {}, false, true],
    ['never', {}, true, false],
    [undefined, {}, true, true],
    [undefined, {}, false, false],
    ['auto', { NO_COLOR: '1' }, true, false],
    [undefined, { NO_COLOR: '' }, true, true],
    [undefined, { TERM: 'dumb' }, true, false],
    [undefined, { CLICOLOR_FORCE: '1' }, false, true],
    ['always', { NO_COLOR: '1' }, false, true],
  ])('--color %s with %j on a terminal %s: %s', (flag, env, isTTY, wanted) => {
    expect(colourWanted(flag, env, isTTY)).toBe(wanted);
  });
});
