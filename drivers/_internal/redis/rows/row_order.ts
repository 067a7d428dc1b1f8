import { inTurns } from "../../../contract/next_turn.ts";
import { compareCodePoints } from "../../db_text.ts";
import { sortedInTurns } from "./sorted_in_turns.ts";
import type { RedisKeySchema, RedisRowName } from "./row_names.ts";

/** An item that is sorted by its key. */
interface Keyed {
  readonly key: string;
}

/** From the first surrogate on, the order of code units differs from that of code points. */
const OUT_OF_ORDER = /[\ud800-\uffff]/;

/** Number of code units in a mark, and number of values of each: 32 bits in total. */
const MARK_UNITS = 4;
const MARK_VALUES = 256;

/**
 * Sorts rows by key, by code point. Other work runs in between.
 *
 * Comparing numbers is many times faster than comparing texts, which are spread all over the
 * memory. So rows are sorted first by a mark of a few code units of the key, and then by key among
 * rows with equal marks.
 */
export async function sortedByKey<Row extends Keyed>(rows: readonly Row[]): Promise<Row[]> {
  let isInOrder = true;
  let shared = rows[0]?.key ?? "";
  await inTurns(rows, ({ key }) => {
    isInOrder &&= !OUT_OF_ORDER.test(key);
    if (!key.startsWith(shared)) shared = shared.slice(0, sharedUnits(shared, key));
  });
  if (!isInOrder) return await sortedInTurns(rows, (a, b) => compareCodePoints(a.key, b.key));
  const marks = new Uint32Array(rows.length);
  const places: number[] = [];
  await inTurns(rows, ({ key }) => {
    marks[places.length] = mark(key, shared.length);
    places.push(places.length);
  });
  const at = (place: number) => rows[place] as Row;
  const compare = (a: number, b: number) =>
    (marks[a] ?? 0) - (marks[b] ?? 0) || compareKeys(at(a).key, at(b).key);
  const sorted: Row[] = [];
  await inTurns(await sortedInTurns(places, compare), (place) => void sorted.push(at(place)));
  return sorted;
}

function compareKeys(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * Never greater for a key that comes first: from the first unit that is too large, all count as
 * such.
 */
function mark(key: string, from: number): number {
  const most = MARK_VALUES - 1;
  let mark = 0;
  let unit = 0;
  for (let at = from; at < from + MARK_UNITS; at++) {
    if (unit < most) unit = at < key.length ? Math.min(key.charCodeAt(at), most) : 0;
    mark = mark * MARK_VALUES + unit;
  }
  return mark;
}

/** Number of code units in the common prefix of two texts. */
function sharedUnits(a: string, b: string): number {
  let at = 0;
  while (at < a.length && a.charCodeAt(at) === b.charCodeAt(at)) at++;
  return at;
}

/** The keys that occur more than once; the rows are sorted by key. */
export async function repeatedKeys(rows: readonly Keyed[]): Promise<Set<string>> {
  const repeated = new Set<string>();
  let before: string | undefined;
  await inTurns(rows, ({ key }) => {
    if (key === before) repeated.add(key);
    before = key;
  });
  return repeated;
}

/**
 * Orders rows with the same key: the one without topic, then by topic, then the schema of new rows.
 */
export function byPrecedence(
  schema: RedisKeySchema,
): (a: RedisRowName, b: RedisRowName) => number {
  const rank = (row: RedisRowName) => row.schema === schema ? 0 : 1;
  return (a, b) => compareCodePoints(a.topic ?? "", b.topic ?? "") || rank(a) - rank(b);
}
