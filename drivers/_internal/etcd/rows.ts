import type { DbRow, EntriesOptions } from "../../contract/db.ts";
import { inTurns } from "../../contract/next_turn.ts";
import { Semaphore } from "../../contract/semaphore.ts";
import { compareCodePoints, COUNTERS, type RowId } from "../db_text.ts";
import { Reason } from "../reason.ts";
import { knownRow } from "../known_row.ts";
import { type EtcdKeyValue, type EtcdRange, type EtcdTransaction, revisionOf } from "./answers.ts";
import type { EtcdClient } from "./client.ts";
import { InvalidRow, isCompacted } from "./errors.ts";
import { base64, keyOfRow, rowKeys, tableRange, textOf, topicKey } from "./keys.ts";
import { readTable, type TopicsByKey } from "./table_pages.ts";
import type { RowsByKey } from "./table_watch.ts";

/** Maximum number of reads of a table whose revision is compacted in the meantime. */
const MAX_READS = 3;
/** Maximum number of attempts for a write when other clients change the row in the meantime. */
const MAX_WRITES = 100;

/** A row that was read. */
interface FoundRow {
  /** Its key in etcd. */
  readonly at: string;
  readonly value: string;
  readonly topic: string | null;
  readonly modRevision: string;
}

/**
 * Rows in the original's layout in etcd: key `/<table>/<key>`, and JSON as value, which names the
 * topic.
 *
 * A row whose JSON does not name its topic has a second key that holds the topic. It is written in
 * the same transaction as the row, and is valid only until the row is written without it. So a row
 * that a program of the original has written has the topic in its JSON.
 */
export class EtcdRows {
  readonly #client: EtcdClient;
  readonly #onInvalid: (row: InvalidRow) => void;
  /** One count at a time: concurrent ones would only make each other's transactions fail. */
  readonly #counting = new Semaphore(1);

  /** @param onInvalid called for each row that is not text, which lists leave out */
  constructor(client: EtcdClient, onInvalid: (row: InvalidRow) => void) {
    this.#client = client;
    this.#onInvalid = onInvalid;
  }

  async get(id: RowId): Promise<string | undefined> {
    return (await this.#find(id))?.value;
  }

  async create({ table, key, topic }: RowId, value: string): Promise<void> {
    const [at, latin1] = rowKeys(table, key);
    const other = latin1 === undefined ? [] : removing(latin1);
    await this.#transact([], [...writing(at, value, topic ?? topicInJson(value)), ...other]);
  }

  /** Returns false if the row does not exist. */
  set(id: RowId, value: string): Promise<boolean> {
    return this.#change(id, ({ at, topic }) => writing(at, value, topic ?? topicInJson(value)));
  }

  /** Returns false if the row does not exist. */
  delete(id: RowId): Promise<boolean> {
    return this.#change(id, ({ at }) => removing(at));
  }

  /** Returns false if the row is gone or has another value. */
  compareAndDelete(id: RowId, expected: string): Promise<boolean> {
    return this.#change(id, ({ at, value }) => value === expected ? removing(at) : undefined);
  }

  async keys(table: string, topic: string | undefined): Promise<string[]> {
    if (topic !== undefined) return (await this.entries(table, { topic })).map(({ key }) => key);
    const found = await this.#readAll(table, { keysOnly: true }, (kv) => {
      return { key: keyOfRow(table, kv.key) };
    });
    return found.map(({ key }) => key);
  }

  entries(table: string, { topic, known }: EntriesOptions): Promise<DbRow[]> {
    return this.#readAll(table, { keysOnly: false }, (kv, topics) => {
      const own = topics.size === 0 ? undefined : topics.get(topicKey(kv.key));
      const row = this.#rowOf(table, kv, own);
      if (row === undefined || topic !== undefined && row.topic !== topic) return undefined;
      return knownRow(known, row.key, row.value, row.topic);
    });
  }

  /** Reads rows by their keys in etcd, at one revision. */
  async byKeys(table: string, keys: readonly string[]): Promise<RowsByKey> {
    const requests = keys.flatMap((key) => [key, topicKey(key)])
      .map((key) => ({ request_range: { key } }));
    const { responses = [] } = await this.#transact([], requests, "read");
    const found = responses.map((each) => each.response_range?.kvs?.[0]);
    const rows = found.flatMap((kv, at) => {
      const row = at % 2 === 0 && kv && this.#rowOf(table, kv, found[at + 1]);
      return row ? [row] : [];
    });
    // A row may have one key in UTF-8 and one in Latin-1.
    const present = new Set(rows.map(({ key }) => key));
    const gone = new Set(
      keys.map((key) => keyOfRow(table, key)).filter((key) => !present.has(key)),
    );
    return { rows, gone: [...gone] };
  }

  #rowOf(table: string, kv: EtcdKeyValue, topic: EtcdKeyValue | undefined): DbRow | undefined {
    const key = keyOfRow(table, kv.key);
    const value = textOf(kv.value ?? "");
    if (value !== undefined) return { key, value, topic: topicOf(value, kv, topic) };
    this.#onInvalid(new InvalidRow(table, key));
    return undefined;
  }

  /**
   * Changes whenever the table may have changed. For an empty table, it is the revision of the
   * database.
   */
  async version(table: string): Promise<string> {
    const newest = { limit: 1, keys_only: true, sort_target: "MOD", sort_order: "DESCEND" };
    const answer = await this.#client.call("kv/range", { ...tableRange(table), ...newest }, "read");
    const { kvs = [], count = "0" } = answer as EtcdRange;
    return `${kvs[0]?.mod_revision ?? revisionOf(answer)}:${count}`;
  }

  /** Increments a counter, from 1, and returns it. */
  async count(table: string): Promise<number> {
    const [key] = rowKeys(COUNTERS, table);
    using _permit = await this.#counting.acquire();
    for (let tries = 0; tries < MAX_WRITES; tries++) {
      const { kvs: [found] = [] } = await this.#client.call(
        "kv/range",
        { key },
        "read",
      ) as EtcdRange;
      const next = Number(textOf(found?.value ?? "") ?? NaN) + 1;
      if (!Number.isSafeInteger(next)) throw new Reason("its counter is not a number");
      const isUnchanged = found === undefined
        ? { key, target: "CREATE", create_revision: 0 }
        : { key, target: "MOD", mod_revision: found.mod_revision };
      const put = { request_put: { key, value: base64(String(next)) } };
      if ((await this.#transact([isUnchanged], [put])).succeeded) return next;
    }
    throw new Reason(`other clients incremented the counter ${MAX_WRITES} times in the meantime`);
  }

  async #find({ table, key, topic }: RowId): Promise<FoundRow | undefined> {
    const reads = rowKeys(table, key).flatMap((at) => at === undefined ? [] : [at, topicKey(at)]);
    const requests = reads.map((at) => ({ request_range: { key: at } }));
    const { responses = [] } = await this.#transact([], requests, "read");
    const found = responses.map((each) => each.response_range?.kvs?.[0]);
    const index = found.findIndex((kv, at) => at % 2 === 0 && kv !== undefined);
    const row = found[index];
    if (row === undefined) return undefined;
    const value = textOf(row.value ?? "");
    if (value === undefined) throw new InvalidRow(table, key);
    const topicFound = topicOf(value, row, found[index + 1]);
    if (topic !== undefined && topicFound !== topic) return undefined;
    return { at: row.key, value, topic: topicFound, modRevision: row.mod_revision };
  }

  /** Changes a row if it has not changed since it was read; otherwise reads it again. */
  async #change(
    id: RowId,
    changeOf: (row: FoundRow) => readonly object[] | undefined,
  ): Promise<boolean> {
    for (let tries = 0; tries < MAX_WRITES; tries++) {
      const row = await this.#find(id);
      const change = row && changeOf(row);
      if (row === undefined || change === undefined) return false;
      const isUnchanged = { key: row.at, target: "MOD", mod_revision: row.modRevision };
      if ((await this.#transact([isUnchanged], change)).succeeded) return true;
    }
    throw new Reason(`others changed the row ${MAX_WRITES} times while it was being written`);
  }

  async #transact(
    compare: readonly object[],
    success: readonly object[],
    kind: "read" | "write" = "write",
  ): Promise<EtcdTransaction> {
    return await this.#client.call("kv/txn", { compare, success }, kind) as EtcdTransaction;
  }

  /** Applies `pick` to each row of a table at one revision, sorted by key. */
  async #readAll<T extends { readonly key: string }>(
    table: string,
    options: { readonly keysOnly: boolean },
    pick: (kv: EtcdKeyValue, topics: TopicsByKey) => T | undefined,
  ): Promise<T[]> {
    for (let reads = 1;; reads++) {
      const picked: T[] = [];
      try {
        for await (const { rows, topics } of readTable(this.#client, table, options)) {
          await inTurns(rows, (kv) => {
            const each = pick(kv, topics);
            if (each !== undefined) picked.push(each);
          });
        }
        return sorted(picked);
      } catch (thrown) {
        if (!isCompacted(thrown) || reads === MAX_READS) throw thrown;
      }
    }
  }
}

/**
 * etcd sorts by bytes, which is the order of code points unless there are keys of both encodings.
 */
function sorted<T extends { readonly key: string }>(rows: T[]): T[] {
  const compare = (a: T | undefined, b: T) => a === undefined ? 0 : compareCodePoints(a.key, b.key);
  return rows.every((row, at) => compare(rows[at - 1], row) <= 0) ? rows : rows.sort(compare);
}

function writing(at: string, value: string, topic: string | null): object[] {
  const row = { request_put: { key: at, value: base64(value) } };
  return topic === topicInJson(value)
    ? [row, { request_delete_range: { key: topicKey(at) } }]
    : [row, { request_put: { key: topicKey(at), value: base64(topic ?? "") } }];
}

function removing(at: string): object[] {
  return [at, topicKey(at)].map((key) => ({ request_delete_range: { key } }));
}

/** The topic that was written with the row, or else the one in its JSON. */
function topicOf(value: string, row: EtcdKeyValue, topic: EtcdKeyValue | undefined): string | null {
  if (topic?.mod_revision !== row.mod_revision) return topicInJson(value);
  return textOf(topic.value ?? "") ?? null;
}

function topicInJson(value: string): string | null {
  // Most rows without a topic are recognized without being parsed.
  if (!value.includes('"topic"')) return null;
  try {
    const { topic } = JSON.parse(value) ?? {};
    return typeof topic === "string" && topic !== "" ? topic : null;
  } catch {
    return null;
  }
}
