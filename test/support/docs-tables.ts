import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { allRules } from '../../policies/index.ts';
import type { Example } from '../../policies/rule.ts';
import { faults } from '../faults/catalogue.ts';

// A page of docs/ says where a table goes, and nobody types a figure by hand:
//
//   <!-- generated: crash -->          every table of docs/results/crash.json
//   <!-- generated: bench/P6 -->       of docs/results/bench.json those whose title begins with P6
//   <!-- end -->
//
// `npm run generate` writes what is between; a test compares. A result that is not there yet leaves the place empty.

const tableSchema = z
  .strictObject({
    title: z.string().min(1),
    measuredOn: z.string().min(1),
    command: z.string().min(1),
    columns: z.array(z.string()).min(1),
    rows: z.array(z.array(z.union([z.string(), z.number()]))),
  })
  .refine(
    (table) => table.rows.every((row) => row.length === table.columns.length),
    'a row has not one cell per column',
  );

/** One measured table as `docs/results/*.json` holds it: when, by which command, and one cell per column in each row. */
export type ResultTable = z.infer<typeof tableSchema>;

/** The tables of one result file: it holds one table or a list of them. Throws on anything else. */
export function parseTables(text: string): ResultTable[] {
  const value: unknown = JSON.parse(text);
  return z.array(tableSchema).parse(Array.isArray(value) ? value : [value]);
}

/** A Markdown table; what would end a cell is escaped. Pure. */
export function markdownTable(columns: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const line = (cells: readonly (string | number)[]) =>
    `| ${cells
      .map((cell) =>
        String(cell)
          .replaceAll('|', '\\|')
          .replaceAll(/\s*\n\s*/g, ' '),
      )
      .join(' | ')} |`;
  return [line(columns), line(columns.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Result tables as a section of a page: title, table, when and how it was made. Pure. */
export function renderTables(tables: readonly ResultTable[]): string {
  return tables
    .map((table) =>
      [
        `### ${table.title}`,
        markdownTable(table.columns, table.rows),
        `Measured on ${table.measuredOn} by \`${table.command}\`.`,
      ].join('\n\n'),
    )
    .join('\n\n');
}

const place = /(<!-- generated: (\S+) -->\n)([\s\S]*?)(<!-- end -->)/g;

/**
 * The page with what `contentOf` says between the markers of each name; an empty content leaves nothing there. Pure.
 * Throws when a marker has no end.
 */
export function fillPage(page: string, contentOf: (name: string) => string): string {
  const opened = page.match(/<!-- generated: /g)?.length ?? 0;
  if (opened !== (page.match(place)?.length ?? 0)) throw new Error('a generated place has no <!-- end -->');
  return page.replaceAll(place, (_all, open: string, name: string, _old, end: string) => {
    const content = contentOf(name);
    return content === '' ? `${open}${end}` : `${open}\n${content}\n\n${end}`;
  });
}

/** Tables that are data of the tests and not results of a run, by the name that a page gives. */
const ofSources: Record<string, () => string> = {
  faults: faultTable,
  rules: () =>
    markdownTable(
      ['Rule', '规则', 'Sentence'],
      allRules.filter(({ failing }) => isWorkload(failing)).map(({ id, text }) => [`\`${id}\``, text.zh, text.en]),
    ),
};

/** Whether an example is a manifest that a department may write by itself: created, and of another group than ours. */
function isWorkload({ object, oldObject, operation }: Example): boolean {
  const creates = oldObject === undefined && (operation ?? 'CREATE') === 'CREATE';
  return creates && !String(object['apiVersion']).startsWith('jinhong.dev/');
}

/** The fault catalogue, one row per fault. */
function faultTable(): string {
  const rows = faults.map(({ number, fault, invariant, how, tests }) => {
    const files = [...new Set(tests.map(({ file }) => file))];
    const named = files.map((file) => `\`${file}\` (${tests.filter((test) => test.file === file).length})`);
    return [number, `${fault.zh}<br>${fault.en}`, `${invariant.zh}<br>${invariant.en}`, how, named.join('<br>')];
  });
  return markdownTable(['No.', 'Fault', 'What must hold', 'How it is made to happen', 'Tests'], rows);
}

/** What belongs at a place called `name`: a table of the sources, or the results of `docs/results/`. */
function contentOf(root: string, name: string): string {
  const own = ofSources[name];
  if (own !== undefined) return own();
  const [file = '', begin = ''] = name.split('/');
  const path = join(root, 'docs/results', `${file}.json`);
  if (!existsSync(path)) return '';
  const tables = parseTables(readFileSync(path, 'utf8'));
  return renderTables(
    tables.filter((table) => new RegExp(`^${begin}(?![\\p{L}\\p{N}])`, 'u').test(table.title) || begin === ''),
  );
}

/** Every page of `docs/` that has generated places, as it must be: path from the root to content. Reads files. */
export function filledPages(root: string): Record<string, string> {
  const pages = globSync('docs/*.md', { cwd: root }).sort();
  const contents = pages.map((path): [string, string] => [path, readFileSync(join(root, path), 'utf8')]);
  return Object.fromEntries(
    contents
      .filter(([, content]) => content.includes('<!-- generated: '))
      .map(([path, content]) => [path, fillPage(content, (name) => contentOf(root, name))]),
  );
}
