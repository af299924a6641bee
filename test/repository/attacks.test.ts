import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { benchmarkCases } from '../attacks/cases/benchmark.ts';
import { attackCases } from '../attacks/cases/index.ts';
import { titles } from '../attacks/support/record.ts';
import { parseTables } from '../support/docs-tables.ts';

const file = join(import.meta.dirname, '../../docs/results/attacks.json');
const tables = existsSync(file) ? parseTables(readFileSync(file, 'utf8')) : [];

/** Cases 1 to 35, 40 to 47, 58 and 60; 57 is the column about stopped controllers. */
const wanted = [...range(1, 35), ...range(40, 47), 58, 60].map((number) => `A10-${number}`);

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, at) => from + at);
}

describe('the attacks on record', () => {
  it('are the whole catalogue', () => {
    expect(attackCases.map(({ id }) => id)).toEqual(wanted);
  });

  it.for([
    [titles.cases, attackCases],
    [titles.benchmark, benchmarkCases],
  ] as const)('%s: every case was tried, refused, and refused alike with the controllers stopped', ([title, cases]) => {
    const rows = tables.find((table) => table.title === title)?.rows ?? [];
    expect(rows.map((row) => row[0])).toEqual(cases.map(({ id }) => id));
    const weak = rows.filter((row) => !(Number(row[2]) > 0) || row[3] === '' || row[4] !== 'same');
    expect(weak).toEqual([]);
  });
});
