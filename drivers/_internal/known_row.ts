import type { DbRow } from "../contract/db.ts";

/** The row of that key which the caller has, when it says the same; otherwise the row itself. */
export function knownRow(row: DbRow, known: ReadonlyMap<string, DbRow> | undefined): DbRow {
  const before = known?.get(row.key);
  return before?.value === row.value && before.topic === row.topic ? before : row;
}
