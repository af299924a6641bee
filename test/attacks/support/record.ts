/**
 * The verdicts as `docs/results/attacks.json`, from which docs/security.md is filled. Written only when the tests run with
 * `RECORD_RESULTS=1`; each file of tests fills its own columns, in any order.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseTables, type ResultTable } from '../../support/docs-tables.ts';
import type { CaseResult } from './table.ts';

const file = join(import.meta.dirname, '../../../docs/results/attacks.json');
const command = 'RECORD_RESULTS=1 npx vitest run --project cloud test/attacks';

/** Titles of the tables. */
export const titles = {
  cases: 'Attacks of the catalogue',
  benchmark: 'Checks of the multi-tenancy benchmark',
} as const;

/** Columns of both tables. */
export const columns = ['case', 'what is tried', 'attempts', 'refused by', 'controllers stopped', 'besides'] as const;

/** A table to be filled: which rows there are, and what they try. */
export interface Recorded {
  readonly title: string;
  readonly rows: readonly { readonly id: string; readonly title: string }[];
}

/** Writes the results of one run into the table; `stopped` says whether the controllers were. Does nothing unless asked. */
export function record(table: Recorded, results: readonly CaseResult[], stopped: boolean): void {
  if (process.env['RECORD_RESULTS'] !== '1') return;
  const tables = existsSync(file) ? parseTables(readFileSync(file, 'utf8')) : [];
  const known = new Map(tables.find((one) => one.title === table.title)?.rows.map((row) => [String(row[0]), row]));
  const rows = table.rows.map(({ id, title }) => {
    const [, , attempts = 0, refusers = '', alike = '', besides = ''] = known.get(id) ?? [];
    const result = results.find((one) => one.id === id);
    if (result === undefined) return [id, title, attempts, refusers, alike, besides];
    const now = [result.attempts, result.refusers.join(', ')] as const;
    const text = `${now[0]}: ${now[1]}`;
    if (!stopped) {
      // From a run before this one, or of this very run: the files come in any order.
      const before = alike === 'same' ? `${attempts}: ${refusers}` : alike;
      return [id, title, ...now, before === text ? 'same' : before, result.besides.join(', ')];
    }
    return [id, title, attempts, refusers, text === `${attempts}: ${refusers}` ? 'same' : text, besides];
  });
  const measuredOn = new Date().toISOString().slice(0, 10);
  const written: ResultTable = { title: table.title, measuredOn, command, columns: [...columns], rows };
  const others = tables.filter((one) => one.title !== table.title);
  const all = [...others, written].sort((a, b) => (a.title < b.title ? -1 : 1));
  writeFileSync(file, `${JSON.stringify(all, null, 2)}\n`);
}
