import type { Buffer } from "node:buffer";
import { compareAndDeleteRedis, type RedisComparison } from "./compare_and_delete.ts";
import type { RedisConnection } from "../connection.ts";
import { RowReason } from "../errors.ts";
import { Reason } from "../../reason.ts";
import { decodeRedisText } from "./text.ts";
import type { RedisRowFinder } from "./row_finder.ts";
import { type RedisRowId, type RedisRowName, redisRowName } from "./row_names.ts";
import { byPrecedence } from "./row_order.ts";
import { readRedisValues } from "./row_values.ts";
import type { RedisSchemas } from "./schemas.ts";
import type { RedisTables } from "./table.ts";

/** How often a row is looked for that others move from topic to topic meanwhile. */
const MAX_SEARCHES = 4;

/** How rows are named and found. */
export interface RedisRowsOptions {
  readonly schemas: RedisSchemas;
  readonly batch: number;
  readonly tables: RedisTables;
  readonly finder: RedisRowFinder;
}

/**
 * Reads and writes single rows. Every command has one key, so that it works on a part of a cluster
 * that moves, too. A row is looked for under its own name, then in the other schema; when the topic
 * does not matter also in every topic, which walks through the database.
 */
export class RedisRows {
  readonly #connection: RedisConnection;
  readonly #options: RedisRowsOptions;

  constructor(connection: RedisConnection, options: RedisRowsOptions) {
    this.#connection = connection;
    this.#options = options;
  }

  /** The value, or undefined when there is no such row. */
  async get(id: RedisRowId): Promise<string | undefined> {
    const { client } = this.#connection;
    const { own, twin } = this.#names(id);
    // The twin first: a row moves from there to its own name and never back.
    const [other, value] = await Promise.all([client.getBuffer(twin), client.getBuffer(own)]);
    // Another client may have moved it the other way between the two questions.
    const bytes = value ?? other ?? await client.getBuffer(twin) ??
      await this.#inAnyTopic(id, async (name) => await client.getBuffer(name) ?? undefined);
    if (bytes === undefined) return undefined;
    const text = decodeRedisText(bytes);
    if (text === undefined) throw new RowReason("its value is not UTF-8");
    return text;
  }

  /** False when there is no such row. */
  async set(id: RedisRowId, value: string): Promise<boolean> {
    const found = await this.#whereItIs(id, async (name) => {
      const answer = await this.#connection.client.set(name, value, "XX");
      return answer === null ? undefined : true;
    });
    return found ?? false;
  }

  /**
   * Writes under the row's own name, then removes what else there is of that key. These are two
   * steps, because in a cluster they are the matter of two servers: in between both are there, and
   * never none. What another client writes elsewhere meanwhile stays.
   */
  async create(id: RedisRowId, value: string): Promise<void> {
    const { client } = this.#connection;
    const { schemas, tables } = this.#options;
    const own = redisRowName(id, await schemas.of(id.table, () => tables.names(id.table)));
    if (await client.set(own, value, "XX") !== null) return;
    const rows = await this.#options.finder.find(id.table, id.key);
    const others = rows.filter(({ name }) => name !== own);
    const seen = new Map<string, Buffer>();
    await readRedisValues(this.#connection, others, {
      batch: this.#options.batch,
      take: ({ name }, bytes) => bytes !== null && seen.set(name, bytes),
    });
    await client.set(own, value);
    for (const [name, bytes] of seen) await compareAndDeleteRedis(this.#connection, name, bytes);
  }

  /** Removes every row of that key, or of that key and topic. False when there is none. */
  async delete(id: RedisRowId): Promise<boolean> {
    const { own, twin } = this.#names(id);
    if (id.topic !== undefined) return await this.#deleteAll([own, twin]);
    for (let search = 1; search <= MAX_SEARCHES; search++) {
      const rows = await this.#options.finder.find(id.table, id.key);
      if (rows.length === 0) return false;
      if (await this.#deleteAll(rows.map(({ name }) => name))) return true;
    }
    throw keepsMoving();
  }

  /** True when the row was removed, false when it is another by now or gone. */
  async compareAndDelete(id: RedisRowId, expected: string): Promise<boolean> {
    const outcome = await this.#whereItIs<RedisComparison>(id, async (name) => {
      const answer = await compareAndDeleteRedis(this.#connection, name, expected);
      return answer === "absent" ? undefined : answer;
    });
    return outcome === "deleted";
  }

  async #deleteAll(names: readonly string[]): Promise<boolean> {
    const { client } = this.#connection;
    const counts = await Promise.all(names.map((name) => client.del(name)));
    return counts.some((count) => count > 0);
  }

  /** Tries one name after the other until one has an answer. */
  async #whereItIs<T>(
    id: RedisRowId,
    attempt: (name: string) => Promise<T | undefined>,
  ): Promise<T | undefined> {
    const { own, twin } = this.#names(id);
    // Once more under its own name: the row may have moved there between the first two questions.
    for (const name of [own, twin, own]) {
      const answer = await attempt(name);
      if (answer !== undefined) return answer;
    }
    return await this.#inAnyTopic(id, attempt);
  }

  async #inAnyTopic<T>(
    { table, key, topic }: RedisRowId,
    attempt: (name: string) => Promise<T | undefined>,
  ): Promise<T | undefined> {
    if (topic !== undefined) return undefined;
    for (let search = 1; search <= MAX_SEARCHES; search++) {
      const rows = await this.#options.finder.find(table, key);
      if (rows.length === 0) return undefined;
      for (const { name } of this.#sorted(table, rows)) {
        const answer = await attempt(name);
        if (answer !== undefined) return answer;
      }
    }
    throw keepsMoving();
  }

  #sorted(table: string, rows: readonly RedisRowName[]): RedisRowName[] {
    return rows.toSorted(byPrecedence(this.#options.schemas.known(table)));
  }

  #names(id: RedisRowId): { readonly own: string; readonly twin: string } {
    const schema = this.#options.schemas.known(id.table);
    const other = schema === "released" ? "head" : "released";
    return { own: redisRowName(id, schema), twin: redisRowName(id, other) };
  }
}

function keepsMoving(): Reason {
  return new Reason("it was gone each time it was found: others keep moving it");
}
