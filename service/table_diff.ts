import { isDeepStrictEqual } from "node:util";
import type { DbRow } from "../drivers/contract/db.ts";
import { LAST_ACTIVITY_FIELD } from "./publisher_record.ts";

/** One difference between two pictures of a table. */
export interface TableChange {
  readonly action: "create" | "set" | "delete";
  /** The row as it is now; for a `delete`, as it was. */
  readonly row: DbRow;
}

/** Tells whether two texts of one row mean the same; only asked when the texts differ. */
export type SameRow = (before: string, after: string) => boolean;

/** What {@linkcode diffTable} found. */
export interface TableDiff {
  /** By the present rows in their order, then what is gone. */
  readonly changes: readonly TableChange[];
  /** Rows whose text has changed and whose meaning has not. */
  readonly unimportant: readonly DbRow[];
}

/**
 * What leads from one picture of a table to another.
 *
 * A row that moved to another topic is a `delete` under the old one and, right after it, a
 * `create` under the new one: each topic's subscribers hear what concerns them. The cost is one
 * look-up and, at most, one comparison of texts for each row.
 */
export function diffTable(
  before: ReadonlyMap<string, DbRow>,
  after: readonly DbRow[],
  options: { readonly same?: SameRow } = {},
): TableDiff {
  const changes: TableChange[] = [];
  const unimportant: DbRow[] = [];
  let kept = 0;
  for (const row of after) {
    const old = before.get(row.key);
    if (old !== undefined) kept++;
    if (old === undefined) changes.push({ action: "create", row });
    else if (old.topic !== row.topic) {
      changes.push({ action: "delete", row: old }, { action: "create", row });
    } else if (old.value !== row.value) {
      if (options.same?.(old.value, row.value)) unimportant.push(row);
      else changes.push({ action: "set", row });
    }
  }
  if (kept < before.size) changes.push(...deletions(before, after));
  return { changes, unimportant };
}

function deletions(before: ReadonlyMap<string, DbRow>, after: readonly DbRow[]): TableChange[] {
  const present = new Set(after.map((row) => row.key));
  return [...before.values()]
    .filter((row) => !present.has(row.key))
    .map((row) => ({ action: "delete", row }));
}

/**
 * Whether two texts of a publisher's row differ in nothing but the time of its last activity.
 * False when either is not a JSON object.
 */
export function sameButActivity(before: string, after: string): boolean {
  const old = withoutActivity(before);
  return old !== undefined && isDeepStrictEqual(old, withoutActivity(after));
}

function withoutActivity(text: string): Map<string, unknown> | undefined {
  try {
    const document: unknown = JSON.parse(text);
    if (typeof document !== "object" || document === null || Array.isArray(document)) return;
    const fields = new Map<string, unknown>(Object.entries(document));
    fields.delete(LAST_ACTIVITY_FIELD);
    return fields;
  } catch {
    return undefined;
  }
}
