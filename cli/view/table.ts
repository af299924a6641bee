import { cutTo, padTo, widthOf } from './width.ts';

/** One column: its heading and how it behaves when room is short. */
export interface ColumnLook {
  readonly title: string;
  /** Numbers stand to the right. */
  readonly right?: boolean;
  /** May be cut when the table is wider than the terminal. */
  readonly shrink?: boolean;
}

/** What to lay out. Cells may hold escape sequences of colour. */
export interface TableLook {
  readonly columns: readonly ColumnLook[];
  readonly rows: readonly (readonly string[])[];
  /** Columns of the terminal; 0 means: cut nothing. */
  readonly width: number;
}

const gap = '  ';
const leastWidth = 8;

/**
 * The lines of a table without borders, headings first. Widths count Chinese characters as two. When it is wider than
 * `width`, the columns marked `shrink` give way, the widest first, down to 8.
 */
export function renderTable({ columns, rows, width }: TableLook): string[] {
  const widths = columns.map((column, index) =>
    Math.max(widthOf(column.title), ...rows.map((row) => widthOf(row[index] ?? ''))),
  );
  if (width > 0) shrinkTo(widths, columns, width);
  const line = (cells: readonly string[]) =>
    columns
      .map((column, index) => padTo(cutTo(cells[index] ?? '', widths[index] ?? 0), widths[index] ?? 0, column.right))
      .join(gap)
      .trimEnd();
  return [line(columns.map((column) => column.title)), ...rows.map(line)];
}

function shrinkTo(widths: number[], columns: readonly ColumnLook[], width: number): void {
  const total = () => widths.reduce((sum, one) => sum + one, 0) + gap.length * (widths.length - 1);
  while (total() > width) {
    let widest = -1;
    columns.forEach((column, index) => {
      const one = widths[index] ?? 0;
      if (column.shrink === true && one > leastWidth && one > (widths[widest] ?? 0)) widest = index;
    });
    if (widest < 0) return;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
}
