import type { DbRow } from "../../drivers/contract/db.ts";
import { inTurns } from "../../drivers/contract/next_turn.ts";
import { parseJson } from "../event/codec/exact_json.ts";
import { LAST_ACTIVITY_FIELD } from "./publisher_record.ts";

/** One difference between two snapshots of a table. */
export interface RowDifference {
  readonly action: "create" | "set" | "delete";
  /** The current row; for a `delete`, the former one. */
  readonly row: DbRow;
}

/** Whether two texts of a row have the same meaning; called only if the texts differ. */
export type SameRow = (before: string, after: string) => boolean;

/** The result of {@linkcode diffTable}. */
export interface TableDiff {
  /** First by the current rows in their order, then the deletions. */
  readonly changes: readonly RowDifference[];
  /** Rows whose text has changed but not their meaning. */
  readonly unimportant: readonly DbRow[];
}

/** A step from one snapshot of a table to another; `Known` is what is kept of a row. */
export type Difference<Known> =
  | { readonly action: "create" | "set"; readonly row: DbRow }
  | { readonly action: "delete"; readonly key: string; readonly known: Known };

/** How {@linkcode differences} compares what is kept of a row with the current row. */
export interface Comparison<Known> {
  /** Whether the row has moved to another topic. */
  isMoved(known: Known, row: DbRow): boolean;
  /** Whether the content has changed; called only if the row has not moved. */
  isChanged(known: Known, row: DbRow): boolean;
  /** Whether the snapshot should contain the row if it still exists. @default every row */
  concerns?(known: Known): boolean;
  /** What is kept of a row. @default the entry of `before` with this key */
  find?(key: string): Known | undefined;
}

/**
 * The steps from one snapshot of a table to another: first by the current rows in their order, then
 * the deletions.
 *
 * A row that moved to another topic causes a `delete` under the old topic and then a `create` under
 * the new one. So the subscribers of each topic get the right event. The caller may write each step
 * to `before` as soon as it has it.
 *
 * Yields undefined after each row without a change, so that a caller can divide the work.
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
 * Finds rows of an unchanging snapshot. Callers mostly ask in the order of the snapshot; then no
 * key has to be hashed and looked up, which took half of the time of a comparison.
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
 * All {@linkcode differences} between two snapshots of whole rows, and the unimportant changes. The
 * snapshots must not change until it resolves, which it does over several turns of the event loop.
 *
 * The maximum cost is one look-up and one text comparison per row.
 */
export async function diffTable(
  before: ReadonlyMap<string, DbRow>,
  after: readonly DbRow[],
  same?: SameRow,
): Promise<TableDiff> {
  const unimportant: DbRow[] = [];
  const isChanged = (old: DbRow, row: DbRow) => {
    if (old.value === row.value) return false;
    if (!same?.(old.value, row.value)) return true;
    unimportant.push(row);
    return false;
  };
  const isMoved = (old: DbRow, row: DbRow) => old.topic !== row.topic;
  const find = findInOrder(before);
  const changes: RowDifference[] = [];
  await inTurns(differences(before, after, { isMoved, isChanged, find }), (difference) => {
    if (difference === undefined) return;
    const { action } = difference;
    changes.push({ action, row: action === "delete" ? difference.known : difference.row });
  });
  return { changes, unimportant };
}

/**
 * Whether two texts of a publisher's row differ only in the time of the last activity. False if
 * either is not a JSON object, or nests too deep for the stack.
 */
export function sameButActivity(before: string, after: string): boolean {
  try {
    const old = withoutActivity(before);
    return old !== undefined && sameJson(old, withoutActivity(after));
  } catch {
    return false;
  }
}

/** @throws {SyntaxError} if it is not JSON */
function withoutActivity(text: string): Readonly<Record<string, unknown>> | undefined {
  const document: unknown = parseJson(text);
  if (typeof document !== "object" || document === null || Array.isArray(document)) return;
  const { [LAST_ACTIVITY_FIELD]: _, ...fields } = document as Readonly<Record<string, unknown>>;
  return fields;
}

/** Whether two JSON values are equal, regardless of the order of members. */
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
