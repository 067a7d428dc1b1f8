import type { DbRow, EntriesOptions } from "../contract/db.ts";

/**
 * The row of that key which the caller has, when it says the same; otherwise a new one.
 *
 * No object is made to compare with: once rows were kept, V8 puts those made at the same place among
 * the old objects, where each that is dropped keeps its texts until the next full collection.
 */
export function knownRow(
  known: EntriesOptions["known"],
  key: string,
  value: string,
  topic: string | null,
): DbRow {
  const before = known?.get(key);
  return before?.value === value && before.topic === topic ? before : { key, value, topic };
}
