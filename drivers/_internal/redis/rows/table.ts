import type { Buffer } from "node:buffer";
import type { DbRow, EntriesOptions } from "../../../contract/db.ts";
import { inTurns } from "../../../contract/next_turn.ts";
import type { RedisConnection } from "../connection.ts";
import { COUNTERS } from "../../db_text.ts";
import { knownRow } from "../../known_row.ts";
import { strictText } from "../../strict_text.ts";
import type { RedisRowWarnings } from "./row_warnings.ts";
import { type RedisRowName, redisRowNameReader, redisTablePattern } from "./row_names.ts";
import { byPrecedence, repeatedKeys, sortedByKey } from "./row_order.ts";
import { readRedisValues } from "./row_values.ts";
import type { RedisSchemas } from "./schemas.ts";
import { sweepRedis } from "./sweep.ts";

/** Options of {@linkcode RedisTables}. */
export interface RedisTableOptions {
  readonly schemas: RedisSchemas;
  readonly batch: number;
  readonly warnings: RedisRowWarnings;
}

/** Selects names of a table. */
interface Wanted {
  readonly pattern: string;
  readonly textsOnly?: boolean;
}

/** Receives rows as they are read: in no order, and possibly twice. */
interface Texts {
  /** Gets each row with a valid text. */
  readonly take: (row: RedisRowName, value: string) => void;
  /** Rows without a value: they are gone or not a string. */
  readonly missing: RedisRowName[];
}

/** Reads whole tables, or the rows of one topic. */
export class RedisTables {
  readonly #connection: RedisConnection;
  readonly #options: RedisTableOptions;

  constructor(connection: RedisConnection, options: RedisTableOptions) {
    this.#connection = connection;
    this.#options = options;
  }

  /** Redis has no versions of tables. */
  version(): Promise<null> {
    return Promise.resolve(null);
  }

  /** Increments a counter, from 1, and returns it. */
  count(table: string): Promise<number> {
    return this.#connection.client.incr(`{${COUNTERS}.}${table}`);
  }

  /** The keys, sorted. */
  async keys(table: string, topic: string | undefined): Promise<string[]> {
    const pattern = redisTablePattern(table, topic);
    const rows = await sortedByKey(await this.names(table, { pattern, textsOnly: true }));
    const repeated = await repeatedKeys(rows);
    if (repeated.size === 0) return rows.map(({ key }) => key);
    this.#firstOfEach(table, rows.filter(({ key }) => repeated.has(key)));
    return [...new Set(rows.map(({ key }) => key))];
  }

  /**
   * The rows, sorted by key. If a key occurs several times, the first row with a valid text is
   * used.
   */
  async entries(table: string, { topic, known }: EntriesOptions): Promise<DbRow[]> {
    const wanted = { pattern: redisTablePattern(table, topic) };
    const rows: DbRow[] = [];
    const missing: RedisRowName[] = [];
    const take = ({ key, topic }: RedisRowName, value: string) =>
      void rows.push(knownRow(known, key, value, topic));
    await this.#readTable(table, wanted, { take, missing });
    await this.#options.warnings.withoutValue(table, missing, this.#connection);
    const sorted = await sortedByKey(rows);
    const repeated = await repeatedKeys(sorted);
    if (repeated.size === 0) return sorted;
    const once = sorted.filter(({ key }) => !repeated.has(key));
    const names = (await this.names(table, wanted)).filter(({ key }) => repeated.has(key));
    return await sortedByKey([...once, ...await this.#readRepeated(table, names)]);
  }

  /** The names of a table's rows, or of those that match, each once. */
  async names(
    table: string,
    wanted: Wanted = { pattern: redisTablePattern(table) },
  ): Promise<RedisRowName[]> {
    const rows: RedisRowName[] = [];
    const read = this.#nameReader(table);
    const take = (names: readonly Buffer[]) =>
      inTurns(names, (bytes) => {
        const row = read(bytes);
        if (row !== undefined) rows.push(row);
      });
    await sweepRedis(this.#connection, { ...wanted, batch: this.#options.batch, take });
    return eachOnce(rows);
  }

  /** Reads values while further names are found, so that few bytes are held at a time. */
  async #readTable(table: string, wanted: Wanted, into: Texts): Promise<void> {
    const { batch } = this.#options;
    const read = this.#nameReader(table);
    // In a cluster, values are fetched by tag, so all names must be known.
    const enough = this.#connection.kind === "cluster" ? Infinity : batch;
    const waiting: RedisRowName[] = [];
    const take = async (names: readonly Buffer[]) => {
      await inTurns(names, (bytes) => {
        const row = read(bytes);
        if (row !== undefined) waiting.push(row);
      });
      if (waiting.length < enough) return;
      // Whole batches: a server with few rows of this table is not asked for a few at a time.
      const full = waiting.splice(0, waiting.length - waiting.length % batch);
      await this.#readTexts(table, full, into);
    };
    await sweepRedis(this.#connection, { ...wanted, batch, take });
    await this.#readTexts(table, waiting, into);
  }

  async #readTexts(table: string, wanted: readonly RedisRowName[], into: Texts): Promise<void> {
    const { batch, warnings } = this.#options;
    const take = (row: RedisRowName, value: Buffer | null) => {
      const text = value === null ? undefined : strictText(value);
      if (text !== undefined) into.take(row, text);
      else if (value === null) into.missing.push(row);
      else warnings.valueNotText(table, row);
    };
    await readRedisValues(this.#connection, wanted, { batch, take });
  }

  /**
   * The row that is used for each key. Unlike in the first scan, all names are known before any
   * value is read. A row that was moved during that scan was seen in both topics, but is one row.
   */
  async #readRepeated(table: string, names: readonly RedisRowName[]): Promise<DbRow[]> {
    const texts = new Map<RedisRowName, string>();
    const take = (row: RedisRowName, value: string) => void texts.set(row, value);
    await this.#readTexts(table, names, { take, missing: [] });
    return this.#firstOfEach(table, [...texts.keys()])
      .map((row) => dbRow(row, texts.get(row) ?? ""));
  }

  /** The row that is used for each key, with a warning if there are several. */
  #firstOfEach(table: string, rows: readonly RedisRowName[]): RedisRowName[] {
    const groups = Map.groupBy(rows, ({ key }) => key);
    return Array.from(groups.values(), (group) => {
      group.sort(byPrecedence(this.#options.schemas.known(table)));
      if (group.length > 1) this.#options.warnings.severalRows(table, group);
      return group.slice(0, 1);
    }).flat();
  }

  /**
   * Parses names. A name that is not text causes a warning, and is ignored like those of other
   * tables.
   */
  #nameReader(table: string): (bytes: Buffer) => RedisRowName | undefined {
    const read = redisRowNameReader(table);
    return (bytes) => {
      const name = strictText(bytes);
      if (name !== undefined) return read(name, bytes);
      this.#options.warnings.nameNotText(table, bytes.toString("latin1"));
      return undefined;
    };
  }
}

function dbRow({ key, topic }: RedisRowName, value: string): DbRow {
  return { key, value, topic };
}

/** Removes rows whose name occurred before. */
function eachOnce(rows: readonly RedisRowName[]): RedisRowName[] {
  return [...new Map(rows.map((row) => [row.name, row])).values()];
}
