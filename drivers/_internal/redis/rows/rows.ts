import type { Buffer } from "node:buffer";
import { compareAndDeleteRedis, type RedisComparison } from "./compare_and_delete.ts";
import type { RedisConnection } from "../connection.ts";
import { RowReason } from "../errors.ts";
import { Reason } from "../../reason.ts";
import { strictText } from "../../strict_text.ts";
import type { RedisRowFinder } from "./row_finder.ts";
import { type RedisRowId, type RedisRowName, redisRowName } from "./row_names.ts";
import { byPrecedence } from "./row_order.ts";
import { readRedisValues } from "./row_values.ts";
import type { RedisSchemas } from "./schemas.ts";
import type { RedisTables } from "./table.ts";

/** Maximum number of searches for a row that other clients move between topics in the meantime. */
const MAX_SEARCHES = 4;

/** Options of {@linkcode RedisRows}. */
export interface RedisRowsOptions {
  readonly schemas: RedisSchemas;
  readonly batch: number;
  readonly tables: RedisTables;
  readonly finder: RedisRowFinder;
}

/**
 * Reads and writes single rows. Every command has one key, so that it also works on a moving slot
 * of a cluster. A row is searched under its own name and then in the other schema; without a topic
 * also in every topic, which scans the database.
 */
export class RedisRows {
  readonly #connection: RedisConnection;
  readonly #options: RedisRowsOptions;

  constructor(connection: RedisConnection, options: RedisRowsOptions) {
    this.#connection = connection;
    this.#options = options;
  }

  /** The value; undefined if the row does not exist. */
  async get(id: RedisRowId): Promise<string | undefined> {
    const { client } = this.#connection;
    const { own, alternate } = this.#names(id);
    // The other schema first: a row moves from there to its own name, never back.
    const [other, value] = await Promise.all([client.getBuffer(alternate), client.getBuffer(own)]);
    // Another client may have moved it the other way between the two commands.
    const bytes = value ?? other ?? await client.getBuffer(alternate) ??
      await this.#inAnyTopic(id, async (name) => await client.getBuffer(name) ?? undefined);
    if (bytes === undefined) return undefined;
    const text = strictText(bytes);
    if (text === undefined) throw new RowReason("its value is not UTF-8");
    return text;
  }

  /** Returns false if the row does not exist. */
  async set(id: RedisRowId, value: string): Promise<boolean> {
    const found = await this.#whereItIs(id, async (name) => {
      const answer = await this.#connection.client.set(name, value, "XX");
      return answer === null ? undefined : true;
    });
    return found ?? false;
  }

  /**
   * Writes under the row's own name, then removes other rows with that key. These are two steps,
   * since two servers of a cluster may be involved: in between both rows exist, but never none. A
   * row that another client writes elsewhere in the meantime stays.
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

  /** Removes every row with that key, or with that key and topic. Returns false without a match. */
  async delete(id: RedisRowId): Promise<boolean> {
    const { own, alternate } = this.#names(id);
    if (id.topic !== undefined) return await this.#deleteAll([own, alternate]);
    for (let search = 1; search <= MAX_SEARCHES; search++) {
      const rows = await this.#options.finder.find(id.table, id.key);
      if (rows.length === 0) return false;
      if (await this.#deleteAll(rows.map(({ name }) => name))) return true;
    }
    throw keepsMoving();
  }

  /** Returns true if the row was removed, false if it is gone or has another value. */
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

  /** Tries one name after the other until one has a result. */
  async #whereItIs<T>(
    id: RedisRowId,
    attempt: (name: string) => Promise<T | undefined>,
  ): Promise<T | undefined> {
    const { own, alternate } = this.#names(id);
    // Tries its own name again: the row may have moved there between the first two commands.
    for (const name of [own, alternate, own]) {
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

  #names(id: RedisRowId): { readonly own: string; readonly alternate: string } {
    const schema = this.#options.schemas.known(id.table);
    const other = schema === "released" ? "head" : "released";
    return { own: redisRowName(id, schema), alternate: redisRowName(id, other) };
  }
}

function keepsMoving(): Reason {
  return new Reason("it was gone each time it was found: other clients keep moving it");
}
