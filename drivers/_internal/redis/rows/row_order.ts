import { compareCodePoints } from "../../db_text.ts";
import type { RedisKeySchema, RedisRowName } from "./row_names.ts";

/** What is sorted by its key. */
interface Keyed {
  readonly key: string;
}

/** From the first surrogate on, the order of code units is not that of code points. */
const OUT_OF_ORDER = /[\ud800-\uffff]/;

/** How many code units a mark tells, and how many values each may have: 32 bits together. */
const MARK_UNITS = 4;
const MARK_VALUES = 256;
/** Beside its mark a number holds the place of a row: 53 bits together. */
const PLACES = 2 ** 21;

/**
 * The rows by key, by code point.
 *
 * Numbers are sorted many times faster than texts, which lie all over the memory: so first by a
 * mark that tells a few units of the key, and then by the key among those of one mark.
 */
export function sortedByKey<Row extends Keyed>(rows: readonly Row[]): Row[] {
  if (rows.length > PLACES || rows.some(({ key }) => OUT_OF_ORDER.test(key))) {
    return rows.toSorted((a, b) => compareCodePoints(a.key, b.key));
  }
  const places = placesByMark(rows);
  const sorted: Row[] = [];
  for (let from = 0; from < places.length;) {
    const mark = markOf(places[from]);
    const group: Row[] = [];
    for (; from < places.length && markOf(places[from]) === mark; from++) {
      const row = rows[(places[from] ?? 0) % PLACES];
      if (row !== undefined) group.push(row);
    }
    if (group.length > 1) group.sort(compareKeys);
    for (const row of group) sorted.push(row);
  }
  return sorted;
}

function compareKeys(a: Keyed, b: Keyed): number {
  return a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
}

/** Marks with the places of their rows, in order. */
function placesByMark(rows: readonly Keyed[]): Float64Array {
  const from = sharedUnits(rows);
  const places = Float64Array.from(rows, ({ key }, at) => mark(key, from) * PLACES + at);
  return places.sort();
}

function markOf(place = 0): number {
  return Math.floor(place / PLACES);
}

/** Never greater for a key that goes before: from the first unit on that is too great, all are. */
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

/** How many units at their beginning all keys have in common. */
function sharedUnits(rows: readonly Keyed[]): number {
  const first = rows[0]?.key ?? "";
  let shared = first.length;
  for (const { key } of rows) {
    let at = 0;
    while (at < shared && key.charCodeAt(at) === first.charCodeAt(at)) at++;
    shared = at;
  }
  return shared;
}

/** The keys that are there more than once; the rows are sorted by key. */
export function repeatedKeys(rows: readonly Keyed[]): Set<string> {
  const repeated = new Set<string>();
  for (let at = 1; at < rows.length; at++) {
    const key = rows[at]?.key;
    if (key !== undefined && key === rows[at - 1]?.key) repeated.add(key);
  }
  return repeated;
}

/** Of several rows of a key: the one without topic, then by topic, then the schema that we write. */
export function byPrecedence(
  schema: RedisKeySchema,
): (a: RedisRowName, b: RedisRowName) => number {
  const rank = (row: RedisRowName) => row.schema === schema ? 0 : 1;
  return (a, b) => compareCodePoints(a.topic ?? "", b.topic ?? "") || rank(a) - rank(b);
}
