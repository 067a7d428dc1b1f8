import type { RedisConnection } from "../connection.ts";
import { isRowName, type RedisKeySchema, type RedisRowName } from "./row_names.ts";

/** Matches rows of every table, and a few other names. */
const ANY_ROW = "{*.*}*";

/** Options of {@linkcode RedisSchemas}. */
export interface RedisSchemasOptions {
  readonly wanted: RedisKeySchema | "auto";
  readonly batch: number;
}

/**
 * Decides how new rows of a table are named: as the configuration says, or as the existing rows are.
 * The original's last state finds a row by topic only if the row is named in its own schema.
 */
export class RedisSchemas {
  readonly #connection: RedisConnection;
  readonly #options: RedisSchemasOptions;
  /** Of tables that were looked at. */
  readonly #known = new Map<string, RedisKeySchema>();
  /** Of tables that are being looked at. */
  readonly #asked = new Map<string, Promise<RedisKeySchema>>();

  constructor(connection: RedisConnection, options: RedisSchemasOptions) {
    this.#connection = connection;
    this.#options = options;
  }

  /** The schema of a table, without asking the server: `released` until the table was looked at. */
  known(table: string): RedisKeySchema {
    const { wanted } = this.#options;
    return wanted === "auto" ? this.#known.get(table) ?? "released" : wanted;
  }

  /**
   * How a new row of a table is named: `head` where any row of the table is, else as its rows are;
   * in a table without rows as a few rows of other tables are. A table is looked at once.
   *
   * @param names gives the names of the table's rows
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
    return names.some((name) => isRowName(name, "head")) ? "head" : "released";
  }
}

function schemaAmong(rows: readonly RedisRowName[]): RedisKeySchema | undefined {
  if (rows.length === 0) return undefined;
  return rows.some(({ schema }) => schema === "head") ? "head" : "released";
}
