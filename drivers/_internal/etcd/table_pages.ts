import { type EtcdKeyValue, type EtcdRange, type EtcdTransaction, revisionOf } from "./answers.ts";
import type { EtcdClient } from "./client.ts";
import { keyAfter, tableRange, topicKey } from "./keys.ts";

/**
 * Maximum number of rows in one answer. For each answer etcd counts all keys of the rest of the
 * table, and a larger one blocks this process for longer while it is parsed.
 */
const PAGE_ROWS = 750;

/** Topics that are not in the JSON of their rows, by their keys in etcd. */
export type TopicsByKey = ReadonlyMap<string, EtcdKeyValue>;

/** Some rows of a table with their topics. */
export interface TablePage {
  readonly rows: readonly EtcdKeyValue[];
  readonly topics: TopicsByKey;
}

/** The rows of a table in pages, all at the revision of the first page. */
export async function* readTable(
  client: EtcdClient,
  table: string,
  { keysOnly }: { readonly keysOnly: boolean },
): AsyncGenerator<TablePage> {
  const range = { ...tableRange(table), limit: PAGE_ROWS, keys_only: keysOnly };
  const topicsRange = { key: topicKey(range.key), range_end: topicKey(range.range_end) };
  const answer = await client.call("kv/txn", {
    success: [{ request_range: range }, {
      request_range: { ...topicsRange, count_only: true },
    }],
  }, "read");
  const { responses = [] } = answer as EtcdTransaction;
  const [page, topics] = responses.map((each) => each.response_range);
  const revision = revisionOf(answer);
  const hasTopics = !keysOnly && topics?.count !== undefined;
  for (let { kvs = [], more } = page ?? {};;) {
    const last = kvs.at(-1);
    if (last === undefined) return;
    // etcd reads the next page while this one is taken.
    const rest = { ...range, key: keyAfter(last.key), revision };
    const next = more ? client.call("kv/range", rest, "read") : undefined;
    next?.catch(() => {});
    yield { rows: kvs, topics: hasTopics ? await topicsOf(client, kvs, revision) : new Map() };
    if (next === undefined) return;
    ({ kvs = [], more } = await next as EtcdRange);
  }
}

async function topicsOf(
  client: EtcdClient,
  rows: readonly EtcdKeyValue[],
  revision: string,
): Promise<TopicsByKey> {
  const [first = "", last = ""] = [rows[0]?.key, rows.at(-1)?.key];
  const range = { key: topicKey(first), range_end: keyAfter(topicKey(last)), revision };
  const { kvs = [] } = await client.call("kv/range", range, "read") as EtcdRange;
  return new Map(kvs.map((kv) => [kv.key, kv]));
}
