import { redisKeyPattern, type RedisRowName, redisTablePattern } from "./row_names.ts";
import type { RedisTables } from "./table.ts";

/** The callers that wait for the rows of one key. */
type Waiting = PromiseWithResolvers<RedisRowName[]>;

/**
 * Finds the rows of a key with an unknown topic, which requires a scan of the whole database.
 * Requests during a scan are answered by the next one, all of one table at once.
 */
export class RedisRowFinder {
  readonly #tables: RedisTables;
  readonly #waiting = new Map<string, Map<string, Waiting>>();
  readonly #walking = new Set<string>();

  constructor(tables: RedisTables) {
    this.#tables = tables;
  }

  /** Every row of that key that exists throughout the call, in any topic and schema. */
  find(table: string, key: string): Promise<RedisRowName[]> {
    const keys = this.#waiting.get(table) ?? new Map<string, Waiting>();
    const waiting = keys.get(key) ?? Promise.withResolvers<RedisRowName[]>();
    this.#waiting.set(table, keys.set(key, waiting));
    if (!this.#walking.has(table)) void this.#walkWhileAsked(table);
    return waiting.promise;
  }

  async #walkWhileAsked(table: string): Promise<void> {
    this.#walking.add(table);
    for (let keys = this.#take(table); keys !== undefined; keys = this.#take(table)) {
      await this.#walk(table, keys);
    }
    this.#walking.delete(table);
  }

  #take(table: string): Map<string, Waiting> | undefined {
    const keys = this.#waiting.get(table);
    this.#waiting.delete(table);
    return keys;
  }

  async #walk(table: string, keys: ReadonlyMap<string, Waiting>): Promise<void> {
    try {
      const [only = ""] = keys.keys();
      const pattern = keys.size === 1 ? redisKeyPattern(table, only) : redisTablePattern(table);
      const rows = Map.groupBy(await this.#tables.names(table, { pattern }), ({ key }) => key);
      for (const [key, waiting] of keys) waiting.resolve(rows.get(key) ?? []);
    } catch (thrown) {
      for (const waiting of keys.values()) waiting.reject(thrown);
    }
  }
}
