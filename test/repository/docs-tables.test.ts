import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { filledPages, fillPage, markdownTable, parseTables, renderTables } from '../support/docs-tables.ts';

const root = join(import.meta.dirname, '../..');
const table = {
  title: 'P6 reads',
  measuredOn: '2026-11-21',
  command: 'node x.ts',
  columns: ['a', 'b'],
  rows: [['1|2', 3]],
};

describe('generated tables', () => {
  it('are what `npm run generate` writes', () => {
    for (const [path, content] of Object.entries(filledPages(root)))
      expect(readFileSync(join(root, path), 'utf8'), path).toBe(content);
  });

  it('replace only what is between their markers, again and again the same', () => {
    const page = 'before\n\n<!-- generated: x -->\nold\n<!-- end -->\n\nafter\n';
    const filled = fillPage(page, (name) => `content of ${name}`);
    expect(filled).toBe('before\n\n<!-- generated: x -->\n\ncontent of x\n\n<!-- end -->\n\nafter\n');
    expect(fillPage(filled, (name) => `content of ${name}`)).toBe(filled);
    expect(fillPage(filled, () => '')).toBe('before\n\n<!-- generated: x -->\n<!-- end -->\n\nafter\n');
  });

  it('refuse a marker without an end', () => {
    expect(() => fillPage('<!-- generated: x -->\n', () => '')).toThrow('<!-- end -->');
  });

  it('hold one table or a list, each with as many cells as columns', () => {
    expect(parseTables(JSON.stringify(table))).toEqual([table]);
    expect(parseTables(JSON.stringify([table, table]))).toEqual([table, table]);
    expect(() => parseTables(JSON.stringify({ ...table, rows: [['1']] }))).toThrow('one cell per column');
  });

  it('escape what would end a cell', () => {
    expect(markdownTable(['a'], [['1|2\n3']])).toBe('| a |\n| --- |\n| 1\\|2 3 |');
    expect(renderTables([table])).toContain('Measured on 2026-11-21 by `node x.ts`.');
  });
});
