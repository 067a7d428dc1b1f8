import type { DbRow, EntriesOptions } from "../contract/db.ts";

/**
 * Returns the caller's row with that key if it is equal; otherwise a new one.
 *
 * It creates no object for the comparison. Once rows were kept, V8 allocates those of the same code
 * position among old objects, where each dropped one keeps its texts until the next full
 * collection.
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
