import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderTable } from '../../../cli/view/table.ts';
import { cutTo, padTo, widthOf, wrap } from '../../../cli/view/width.ts';

describe('the width of text', () => {
  it.each([
    ['abc', 3],
    ['预算', 4],
    ['a预b', 4],
    ['（）', 4],
    ['é', 1],
    ['e\u0301', 1],
    ['\u001b[31m红\u001b[39m', 2],
    ['✓', 1],
    ['👍🏽', 2],
    ['', 0],
  ])('%s takes %i columns', (text, width) => {
    expect(widthOf(text)).toBe(width);
  });

  it('is what padding fills up to', () => {
    expect(padTo('预算', 6)).toBe('预算  ');
    expect(padTo('预算', 6, true)).toBe('  预算');
    expect(padTo('预算', 3)).toBe('预算');
  });

  it('is never passed by cut text, whatever it holds', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 40 }), (text, width) => {
        expect(widthOf(cutTo(text, width))).toBeLessThanOrEqual(Math.max(width, 1));
      }),
    );
  });
});

describe('wrapping', () => {
  it('breaks at spaces and between Chinese characters, and never before closing punctuation', () => {
    expect(wrap('one two three', 8)).toEqual(['one two', 'three']);
    expect(wrap('申请批准、分配', 8)).toEqual(['申请批', '准、分配']);
  });

  it('loses no word and keeps line breaks', () => {
    fc.assert(
      fc.property(
        fc.array(fc.stringMatching(/^[a-z]{1,6}$/), { maxLength: 30 }),
        fc.integer({ min: 8, max: 30 }),
        (words, width) => {
          const lines = wrap(words.join(' '), width);
          expect(lines.join(' ').split(' ')).toEqual(words.join(' ').split(' '));
          for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(width);
        },
      ),
    );
    expect(wrap('a\nb', 20)).toEqual(['a', 'b']);
  });
});

describe('a table', () => {
  const columns = [{ title: '租户' }, { title: '名称', shrink: true }, { title: '数', right: true }];

  it('lines up Chinese and Latin text and has no borders or trailing blanks', () => {
    const lines = renderTable({
      columns,
      rows: [
        ['a/b', '预算执行系统', '7'],
        ['finance/x', 'abc', '12'],
      ],
      width: 0,
    });
    expect(lines).toEqual([
      '租户       名称          数',
      'a/b        预算执行系统   7',
      'finance/x  abc           12',
    ]);
  });

  it('cuts only what may shrink, and only when it is too wide', () => {
    const rows = [['finance/x', '一个很长很长很长很长的名称', '12']];
    const narrow = renderTable({ columns, rows, width: 30 });
    expect(narrow[1]).toContain('finance/x');
    expect(narrow[1]).toContain('…');
    for (const line of narrow) expect(widthOf(line)).toBeLessThanOrEqual(30);
    expect(renderTable({ columns, rows, width: 0 })[1]).not.toContain('…');
  });

  it('is the same with and without the quick way for common characters', () => {
    const ranges = [
      [0x20, 0x7e],
      [0x2014, 0x2026],
      [0x3000, 0x3020],
      [0x4e00, 0x9fff],
      [0xff01, 0xff60],
    ] as const;
    for (const [first, last] of ranges) {
      for (let code = first; code <= last; code += 1) {
        const character = String.fromCodePoint(code);
        // An accented letter beside it takes the long way.
        expect([character, widthOf(character)]).toEqual([character, widthOf(`é${character}é`) - 2]);
      }
    }
  });
});
