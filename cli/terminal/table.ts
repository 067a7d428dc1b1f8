import { fit, pad, plainText, shrunk, widthOf } from "./cells.ts";
import { oneLine } from "./log.ts";
import type { Output } from "./io.ts";

/** A column of a table. */
export interface Column<Row> {
  readonly heading: string;
  readonly cell: (row: Row) => string;
  /** Columns with a higher value are dropped first on a narrow terminal. @default 0: never */
  readonly leaves?: number;
}

const GAP = "  ";

/**
 * The rows as lines under headings, at most `width` wide: columns are dropped, and then the widest
 * ones shrunk, until they fit.
 */
export function tableLines<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  width: number,
): string[] {
  let shown = columns.map(({ heading, cell, leaves = 0 }) => {
    const cells = [heading, ...rows.map((row) => plainText(oneLine(cell(row))))];
    return { leaves, cells, width: cells.reduce((most, cell) => Math.max(most, widthOf(cell)), 0) };
  });
  const gaps = () => GAP.length * (shown.length - 1);
  for (;;) {
    const total = shown.reduce((sum, each) => sum + each.width, gaps());
    const first = Math.max(...shown.map(({ leaves }) => leaves));
    if (total <= width || first === 0) break;
    shown = shown.filter(({ leaves }) => leaves !== first);
  }
  const widths = shrunk(shown.map((each) => each.width), width - gaps());
  return Array.from({ length: rows.length + 1 }, (_, line) => {
    const cells = shown.map(({ cells }, index) => pad(cells[line] ?? "", widths[index] ?? 0));
    return fit(cells.join(GAP).trimEnd(), width);
  });
}

/** Writes rows under headings, in the width of the terminal. */
export function writeTable<Row>(
  output: Output,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
): void {
  output.write(tableLines(columns, rows, output.columns).map((line) => `${line}\n`).join(""));
}
