import type { DbRow } from "../../drivers/contract/db.ts";
import { inTurns } from "../../drivers/contract/next_turn.ts";
import { parseJson } from "../event/codec/exact_json.ts";
import { LAST_ACTIVITY_FIELD } from "./publisher_record.ts";

/** One difference between two snapshots of a table. */
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

/** What one step from one snapshot of a table to another is; `Known` is what is kept of a row. */
export type Difference<Known> =
  | { readonly action: "create" | "set"; readonly row: DbRow }
  | { readonly action: "delete"; readonly key: string; readonly known: Known };

/** How {@linkcode differences} compares what is kept of a row with the row as it is now. */
export interface Comparison<Known> {
  /** Whether the row belongs to another topic than it did. */
  isMoved(known: Known, row: DbRow): boolean;
  /** Whether the row says something else; only asked when it was not moved. */
  isChanged(known: Known, row: DbRow): boolean;
  /** Whether a row should have been found, had it still been there. @default every one */
  concerns?(known: Known): boolean;
  /** What is known of a row. @default the one of `before` that has this key */
  find?(key: string): Known | undefined;
}

/**
 * What leads from one snapshot of a table to another: by the present rows in their order, then what
 * is gone.
 *
 * A row that moved to another topic is a `delete` under the old one and, right after it, a
 * `create` under the new one: each topic's subscribers hear what concerns them. Each difference
 * may be written to `before` as soon as it is taken.
 *
 * Yields undefined after each step that found nothing, so that a caller can divide the work.
 */
export function* differences<Known>(
  before: ReadonlyMap<string, Known>,
  after: readonly DbRow[],
  comparison: Comparison<Known>,
): Generator<Difference<Known> | undefined, void, undefined> {
  const find = comparison.find ?? ((key: string) => before.get(key));
  const knownRows = before.size;
  let kept = 0;
  for (const row of after) {
    const known = find(row.key);
    if (known !== undefined) kept++;
    if (known === undefined) yield { action: "create", row };
    else if (comparison.isMoved(known, row)) {
      yield { action: "delete", key: row.key, known };
      yield { action: "create", row };
    } else yield comparison.isChanged(known, row) ? { action: "set", row } : undefined;
  }
  if (kept < knownRows) yield* deletions(before, after, comparison);
}

function* deletions<Known>(
  before: ReadonlyMap<string, Known>,
  after: readonly DbRow[],
  { concerns }: Comparison<Known>,
): Generator<Difference<Known> | undefined, void, undefined> {
  const present = new Set<string>();
  for (const { key } of after) {
    present.add(key);
    yield undefined;
  }
  for (const [key, known] of before) {
    const isGone = !present.has(key) && concerns?.(known) !== false;
    yield isGone ? { action: "delete", key, known } : undefined;
  }
}

/**
 * Finds rows of a snapshot that stays as it is meanwhile. They are mostly asked for in its own order:
 * then no key has to be hashed and looked for, which half of a comparison's time went into.
 */
function findInOrder<Known>(
  snapshot: ReadonlyMap<string, Known>,
): (key: string) => Known | undefined {
  const rows = snapshot.entries();
  let next = rows.next();
  return (key) => {
    if (next.done || next.value[0] !== key) return snapshot.get(key);
    const [, known] = next.value;
    next = rows.next();
    return known;
  };
}

/**
 * All {@linkcode differences} between two snapshots of whole rows, and the changes of no importance.
 * Both must stay as they are until it resolves: others have their turn meanwhile.
 *
 * The cost is, at most, one look-up and one comparison of texts for each row.
 */
export async function diffTable(
  before: ReadonlyMap<string, DbRow>,
  after: readonly DbRow[],
  options: { readonly same?: SameRow } = {},
): Promise<TableDiff> {
  const unimportant: DbRow[] = [];
  const isChanged = (old: DbRow, row: DbRow) => {
    if (old.value === row.value) return false;
    if (!options.same?.(old.value, row.value)) return true;
    unimportant.push(row);
    return false;
  };
  const isMoved = (old: DbRow, row: DbRow) => old.topic !== row.topic;
  const find = findInOrder(before);
  const changes: TableChange[] = [];
  await inTurns(differences(before, after, { isMoved, isChanged, find }), (difference) => {
    if (difference === undefined) return;
    const { action } = difference;
    changes.push({ action, row: action === "delete" ? difference.known : difference.row });
  });
  return { changes, unimportant };
}

/**
 * Whether two texts of a publisher's row differ in nothing but the time of its last activity.
 * False when either is not a JSON object, or nests deeper than the stack allows to compare.
 */
export function sameButActivity(before: string, after: string): boolean {
  try {
    const old = withoutActivity(before);
    return old !== undefined && sameJson(old, withoutActivity(after));
  } catch {
    return false;
  }
}

/** @throws {SyntaxError} when it is no JSON */
function withoutActivity(text: string): Readonly<Record<string, unknown>> | undefined {
  const document: unknown = parseJson(text);
  if (typeof document !== "object" || document === null || Array.isArray(document)) return;
  const { [LAST_ACTIVITY_FIELD]: _, ...fields } = document as Readonly<Record<string, unknown>>;
  return fields;
}

/** Whether two values that came from JSON are the same, whatever the order of their members. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (!isStructure(a) || !isStructure(b)) return a === b;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const members = Object.entries(a);
  return members.length === Object.keys(b).length &&
    members.every(([name, value]) => Object.hasOwn(b, name) && sameJson(value, b[name]));
}

function isStructure(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
