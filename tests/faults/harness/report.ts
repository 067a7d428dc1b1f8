import { closes, type LedgerRow } from "./ledger.ts";

/** The outcome of one scenario. */
export interface Outcome {
  readonly name: string;
  readonly seconds: number;
  readonly rows: readonly LedgerRow[];
  readonly faults: readonly string[];
  readonly remarks: readonly string[];
  /** The reason why it did not run. */
  readonly skipped?: string;
}

/** Whether the scenario passed. A scenario that did not run has not failed. */
export function passed({ rows, faults, skipped }: Outcome): boolean {
  if (skipped !== undefined) return true;
  return faults.length === 0 && rows.length > 0 && rows.every(closes);
}

const COLUMNS = [
  "published",
  "delivered",
  "replayed",
  "announced",
  "silent",
  "duplicates",
  "disordered",
] as const;

/** The ledger of all scenarios as a table, followed by remarks. */
export function reportText(outcomes: readonly Outcome[]): string {
  const head = ["scenario", "subscriber", ...COLUMNS, "closes", "note"];
  const body = outcomes.flatMap(({ name, rows }) => rows.map((row) => cellsOf(name, row)));
  return [...aligned([head, ...body]), "", ...outcomes.flatMap(linesBelow)].join("\n");
}

function cellsOf(name: string, row: LedgerRow): string[] {
  const numbers = COLUMNS.map((column) => String(row[column]));
  return [name, row.subscriber, ...numbers, closes(row) ? "yes" : "NO", row.note];
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0))
  );
  const pad = (text: string, column: number) => {
    const width = widths[column] ?? 0;
    return column >= 2 && column < 2 + COLUMNS.length ? text.padStart(width) : text.padEnd(width);
  };
  return rows.map((row) => row.map(pad).join("  ").trimEnd());
}

function linesBelow(outcome: Outcome): string[] {
  const { name, seconds, faults, remarks, skipped } = outcome;
  const verdict = skipped === undefined ? passed(outcome) ? "ok" : "FAILED" : "not run";
  const why = skipped === undefined ? "" : `: ${skipped}`;
  return [
    `${name}: ${verdict} in ${seconds.toFixed(1)} s${why}`,
    ...remarks.map((remark) => `  ${remark}`),
    ...faults.map((fault) => `  FAULT ${fault}`),
  ];
}
