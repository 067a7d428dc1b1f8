import { type EtcdKeyValue, type EtcdRange, type EtcdTransaction, revisionOf } from "./answers.ts";
import type { EtcdClient } from "./client.ts";
import { Reason } from "../reason.ts";
import { keyAfter, tableRange, topicKey } from "./keys.ts";

/**
 * Maximum number of rows in one answer. For each answer etcd counts all keys of the rest of the
 * table, and a larger one blocks this process for longer while it is parsed.
 */
const PAGE_ROWS = 750;
/** Number of rows in the first answer, which shows how large rows are; maximum after a failed one. */
const FIRST_ROWS = 32;
/** Wanted size of the values in an answer, in bytes: it determines how many rows are requested. */
const PAGE_BYTES = 8 * 1024 * 1024;

/** Topics that are not in the JSON of their rows, by their keys in etcd. */
export type TopicsByKey = ReadonlyMap<string, EtcdKeyValue>;

/** Some rows of a table with their topics. */
export interface TablePage {
  readonly rows: readonly EtcdKeyValue[];
  readonly topics: TopicsByKey;
}

/** The rows of a table in pages, all at the revision of the first page. */
export async function* readTable(
  client: Pick<EtcdClient, "call">,
  table: string,
  { keysOnly }: { readonly keysOnly: boolean },
): AsyncGenerator<TablePage> {
  const first = keysOnly ? PAGE_ROWS : FIRST_ROWS;
  const range = { ...tableRange(table), limit: first, keys_only: keysOnly };
  const topicsRange = { key: topicKey(range.key), range_end: topicKey(range.range_end) };
  const answer = await client.call("kv/txn", {
    success: [{ request_range: range }, {
      request_range: { ...topicsRange, count_only: true },
    }],
  }, "read");
  const { responses = [] } = answer as EtcdTransaction;
  const [page, topics] = responses.map((each) => each.response_range);
  const revision = revisionOf(answer);
  let maxRows = PAGE_ROWS;
  const read = async (rest: { readonly limit: number }): Promise<EtcdRange> => {
    try {
      return await client.call("kv/range", rest, "read");
    } catch (thrown) {
      if (!(thrown instanceof Reason) || rest.limit <= FIRST_ROWS) throw thrown;
      // These rows may be larger than the earlier ones: etcd could not send all of them in time.
      maxRows = FIRST_ROWS;
      return await client.call("kv/range", { ...rest, limit: maxRows }, "read");
    }
  };
  const hasTopics = !keysOnly && topics?.count !== undefined;
  for (let { kvs = [], more } = page ?? {};;) {
    const last = kvs.at(-1);
    if (last === undefined) return;
    // etcd reads the next page while this one is taken.
    const rest = { ...range, key: keyAfter(last.key), limit: rowsAfter(kvs, maxRows), revision };
    const next = more ? read(rest) : undefined;
    next?.catch(() => {});
    yield { rows: kvs, topics: hasTopics ? await topicsOf(client, kvs, revision) : new Map() };
    if (next === undefined) return;
    ({ kvs = [], more } = await next);
  }
}

/** Number of rows to read after these: fewer if they are large. */
function rowsAfter(rows: readonly EtcdKeyValue[], maxRows: number): number {
  const bytes = rows.reduce((sum, { value = "" }) => sum + value.length, 0);
  return Math.min(maxRows, Math.ceil(PAGE_BYTES * rows.length / bytes));
}

async function topicsOf(
  client: Pick<EtcdClient, "call">,
  rows: readonly EtcdKeyValue[],
  revision: string,
): Promise<TopicsByKey> {
  const [first = "", last = ""] = [rows[0]?.key, rows.at(-1)?.key];
  const range = { key: topicKey(first), range_end: keyAfter(topicKey(last)), revision };
  const { kvs = [] } = await client.call("kv/range", range, "read") as EtcdRange;
  return new Map(kvs.map((kv) => [kv.key, kv]));
}
