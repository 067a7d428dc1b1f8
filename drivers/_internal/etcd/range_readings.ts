import { type EtcdTransaction, revisionOf } from "./answers.ts";
import type { EtcdClient } from "./client.ts";
import type { RangeReading, WatchRange } from "./watch.ts";

/** Maximum number of operations that etcd accepts in a transaction, unless it is configured. */
export const MAX_OPERATIONS = 128;

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
      request_range: {
        ...range,
        ...snapshot,
        ...{ sort_target: "MOD", sort_order: "DESCEND", limit: 1, keys_only: true },
      },
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
