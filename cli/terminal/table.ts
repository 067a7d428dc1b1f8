import type { Output } from "./io.ts";
import { oneLine } from "./log.ts";

const GAP = "  ";

/** Writes rows under headings, in columns as wide as their widest cell. */
export function writeTable(
  output: Output,
  headings: readonly string[],
  rows: readonly (readonly unknown[])[],
): void {
  const lines = [headings, ...rows.map((row) => row.map((cell) => oneLine(String(cell))))];
  const widths = headings.map((_, column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0))
  );
  for (const line of lines) {
    const cells = line.map((cell, column) => cell.padEnd(widths[column] ?? 0));
    output.write(`${cells.join(GAP).trimEnd()}\n`);
  }
}
