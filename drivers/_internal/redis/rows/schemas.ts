import type { RedisConnection } from "../connection.ts";
import { isHeadRowName, type RedisKeySchema, type RedisRowName } from "./row_names.ts";

/** Matches rows of every table, and a few other keys. */
const ANY_ROW = "{*.*}*";

/** Options of {@linkcode RedisSchemas}. */
export interface RedisSchemasOptions {
  readonly wanted: RedisKeySchema | "auto";
  readonly batch: number;
}

/**
 * Determines the names of new rows in a table: by the configuration, or by the existing rows. The
 * original's last state finds a row by topic only if its name has that state's schema.
 */
export class RedisSchemas {
  readonly #connection: RedisConnection;
  readonly #options: RedisSchemasOptions;
  /** Schemas of tables that were examined. */
  readonly #known = new Map<string, RedisKeySchema>();
  /** Schemas of tables that are being examined. */
  readonly #asked = new Map<string, Promise<RedisKeySchema>>();

  constructor(connection: RedisConnection, options: RedisSchemasOptions) {
    this.#connection = connection;
    this.#options = options;
  }

  /** The schema of a table without a command: `released` until the table was examined. */
  known(table: string): RedisKeySchema {
    const { wanted } = this.#options;
    return wanted === "auto" ? this.#known.get(table) ?? "released" : wanted;
  }

  /**
   * The schema of new rows in a table: `head` if any row of the table has it, otherwise that of its
   * rows. In a table without rows, it is that of a few rows of other tables. A table is examined
   * once.
   *
   * @param names returns the names of the table's rows
   */
  async of(
    table: string,
    names: () => Promise<readonly RedisRowName[]>,
  ): Promise<RedisKeySchema> {
    const { wanted } = this.#options;
    if (wanted !== "auto") return wanted;
    const known = this.#known.get(table);
    if (known !== undefined) return known;
    const asked = this.#asked.get(table) ?? this.#ask(table, names);
    this.#asked.set(table, asked);
    return await asked;
  }

  async #ask(
    table: string,
    names: () => Promise<readonly RedisRowName[]>,
  ): Promise<RedisKeySchema> {
    try {
      const schema = schemaAmong(await names()) ?? await this.#ofDatabase();
      this.#known.set(table, schema);
      return schema;
    } finally {
      this.#asked.delete(table);
    }
  }

  async #ofDatabase(): Promise<RedisKeySchema> {
    const { batch } = this.#options;
    const pages = await Promise.all(
      this.#connection.masters().map((one) => one.scan("0", "MATCH", ANY_ROW, "COUNT", batch)),
    );
    const names = pages.flatMap(([, found]) => found);
    return names.some(isHeadRowName) ? "head" : "released";
  }
}

function schemaAmong(rows: readonly RedisRowName[]): RedisKeySchema | undefined {
  if (rows.length === 0) return undefined;
  return rows.some(({ schema }) => schema === "head") ? "head" : "released";
}
