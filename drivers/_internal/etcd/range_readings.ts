import { type EtcdKeyValue, type EtcdRange, type EtcdTransaction, revisionOf } from "./answers.ts";
import type { EtcdClient } from "./client.ts";
import { isCompacted } from "./errors.ts";
import type { RangeReading, WatchRange } from "./watch.ts";

/** Maximum number of operations that etcd accepts in a transaction, unless it is configured. */
export const MAX_OPERATIONS = 128;

const NEWEST_FIRST = { sort_target: "MOD", sort_order: "DESCEND", limit: 1 };

/**
 * Reads the newest key of a range as of a revision, and the current revision. Returns undefined if
 * the revision is compacted.
 */
export async function readNewest(
  client: EtcdClient,
  range: WatchRange,
  at: number,
): Promise<{ readonly newest: EtcdKeyValue | undefined; readonly revision: number } | undefined> {
  try {
    const request = { ...range, ...NEWEST_FIRST, revision: String(at) };
    const answer = await client.call("kv/range", request, "read");
    return { newest: (answer as EtcdRange).kvs?.[0], revision: Number(revisionOf(answer)) };
  } catch (thrown) {
    if (isCompacted(thrown)) return undefined;
    throw thrown;
  }
}

/**
 * Reads of each range its highest revision and its number of keys, as a majority has them.
 *
 * @param at the revision that is read @default the current one
 */
export async function readRanges(
  client: EtcdClient,
  ranges: readonly WatchRange[],
  at?: number,
): Promise<RangeReading[]> {
  const snapshot = at === undefined ? {} : { revision: String(at) };
  const readings: RangeReading[] = [];
  for (let from = 0; from < ranges.length; from += MAX_OPERATIONS) {
    const success = ranges.slice(from, from + MAX_OPERATIONS).map((range) => ({
      request_range: { ...range, ...snapshot, ...NEWEST_FIRST, keys_only: true },
    }));
    const answer = await client.call("kv/txn", { success }, "read");
    const { responses = [] } = answer as EtcdTransaction;
    for (const { response_range: range } of responses) {
      readings.push({
        revision: at ?? Number(revisionOf(answer)),
        newest: Number(range?.kvs?.[0]?.mod_revision ?? 0),
        count: Number(range?.count ?? 0),
      });
    }
  }
  return readings;
}
