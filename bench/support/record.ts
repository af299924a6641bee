import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

/** A table of one measure, as docs/results keeps it and docs/figures.md shows it. */
export interface BenchTable {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
  /** Lines below the table on the screen: settings, where the clock starts. */
  readonly notes?: readonly string[];
}

const folder = join(import.meta.dirname, '../../docs/results');

/** Shows the table, and with `--record` writes it to docs/results/bench-<measure>.json. */
export function report(
  measure: string,
  table: BenchTable,
  options: { readonly record: boolean; readonly command: string },
): void {
  process.stdout.write(`\n${table.title}\n${align([table.columns, ...table.rows])}\n`);
  for (const note of table.notes ?? []) process.stdout.write(`  ${note}\n`);
  if (!options.record) return;
  mkdirSync(folder, { recursive: true });
  const { title, columns, rows } = table;
  const measuredOn = new Date().toISOString().slice(0, 10);
  const text = JSON.stringify({ title, measuredOn, command: options.command, columns, rows }, null, 2);
  writeFileSync(join(folder, `bench-${measure}.json`), `${text}\n`);
}

function align(rows: readonly (readonly (string | number)[])[]): string {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => String(row[at] ?? '').length)));
  return rows.map((row) => row.map((cell, at) => String(cell).padEnd(widths[at] ?? 0)).join('  ')).join('\n');
}

/** What every bench takes: `--tenants N`, `--runs N`, `--centres N`, `--record`. */
export interface BenchArgs {
  readonly tenants: number;
  readonly runs: number;
  readonly centres: number;
  readonly record: boolean;
  /** How it was called, for the record. */
  readonly command: string;
}

/** Reads the arguments of `node bench/<name>.ts`. */
export function readArgs(name: string, defaults: { readonly tenants: number; readonly runs: number }): BenchArgs {
  const { values } = parseArgs({
    options: {
      tenants: { type: 'string', default: String(defaults.tenants) },
      runs: { type: 'string', default: String(defaults.runs) },
      centres: { type: 'string', default: '1' },
      record: { type: 'boolean', default: false },
    },
  });
  const [tenants, runs, centres] = [Number(values.tenants), Number(values.runs), Number(values.centres)];
  const more = centres === 1 ? '' : ` --centres ${centres}`;
  return {
    tenants,
    runs,
    centres,
    record: values.record,
    command: `node bench/${name}.ts --tenants ${tenants} --runs ${runs}${more}`,
  };
}

/** The name of a measure's result: with the number of tenants when it is not the usual one. Pure. */
export function sizedName(measure: string, tenants: number, usual: number): string {
  return tenants === usual ? measure : `${measure}-${tenants}`;
}
