import type { DbRow } from "../../../contract/db.ts";
import { compareCodePoints } from "../../db_text.ts";
import type { RedisConnection } from "../connection.ts";
import { decodeRedisName, decodeRedisText } from "../octets.ts";
import type { RedisOddities } from "./oddities.ts";
import {
  parseRedisRowName,
  type RedisKeySchema,
  type RedisRowName,
  redisTablePattern,
} from "./row_names.ts";
import { readRedisValues } from "./row_values.ts";
import { sweepRedis } from "./sweep.ts";

/** How tables are read. */
export interface RedisTableOptions {
  readonly schema: RedisKeySchema;
  readonly batch: number;
  readonly oddities: RedisOddities;
}

/** Reads whole tables, or the part of them that belongs to a topic. */
export class RedisTables {
  readonly #connection: RedisConnection;
  readonly #options: RedisTableOptions;

  constructor(connection: RedisConnection, options: RedisTableOptions) {
    this.#connection = connection;
    this.#options = options;
  }

  /** The keys, sorted. */
  async keys(table: string, topic: string | undefined): Promise<string[]> {
    const pattern = redisTablePattern(table, topic);
    const rows = await this.names(table, { pattern, textsOnly: true });
    return this.#byKey(table, rows).map(([{ key }]) => key);
  }

  /** The rows, sorted by key. Of a key that is there several times, the first that is a text. */
  async entries(table: string, topic: string | undefined): Promise<DbRow[]> {
    const { batch, oddities } = this.#options;
    const names = await this.names(table, { pattern: redisTablePattern(table, topic) });
    const values = await readRedisValues(this.#connection, names.map(({ name }) => name), batch);
    const missing = names.filter(({ name }) => !values.has(name));
    await oddities.withoutValue(table, missing, this.#connection);
    const texts = new Map<RedisRowName, string>();
    for (const row of names) {
      const value = values.get(row.name);
      const text = value && decodeRedisText(value);
      if (text !== undefined) texts.set(row, text);
      else if (value !== undefined) oddities.valueNotText(table, row);
    }
    return this.#byKey(table, [...texts.keys()])
      .map(([row]) => ({ key: row.key, topic: row.topic, value: texts.get(row) ?? "" }));
  }

  /** The names of a table's rows that match. */
  async names(
    table: string,
    wanted: { readonly pattern: string; readonly textsOnly?: boolean },
  ): Promise<RedisRowName[]> {
    const { batch, oddities } = this.#options;
    const rows: RedisRowName[] = [];
    for (const octets of await sweepRedis(this.#connection, { ...wanted, batch })) {
      const name = decodeRedisName(octets);
      if (name === undefined) oddities.nameNotText(table, octets);
      const row = name === undefined ? undefined : parseRedisRowName(table, name);
      if (row !== undefined) rows.push(row);
    }
    return rows;
  }

  /** Rows grouped by key, the groups by key, in each the row that counts first. */
  #byKey(table: string, rows: readonly RedisRowName[]): [RedisRowName, ...RedisRowName[]][] {
    const groups = new Map<string, [RedisRowName, ...RedisRowName[]]>();
    for (const row of rows) {
      const group = groups.get(row.key);
      if (group === undefined) groups.set(row.key, [row]);
      else group.push(row);
    }
    const sorted = [...groups.values()].sort(([a], [b]) => compareCodePoints(a.key, b.key));
    for (const group of sorted) {
      if (group.length === 1) continue;
      group.sort(byPrecedence(this.#options.schema));
      this.#options.oddities.severalRows(table, group);
    }
    return sorted;
  }
}

/** Of several rows of a key: the one without topic, then by topic, then the schema that we write. */
export function byPrecedence(
  schema: RedisKeySchema,
): (a: RedisRowName, b: RedisRowName) => number {
  const rank = (row: RedisRowName) => row.schema === schema ? 0 : 1;
  return (a, b) => compareCodePoints(a.topic ?? "", b.topic ?? "") || rank(a) - rank(b);
}
