import type { Logger } from "../../../contract/logger.ts";
import type { RedisConnection } from "../connection.ts";
import type { RedisRowName } from "./row_names.ts";

/** After this number of warnings the list of warned rows is cleared. */
const MAX_REMEMBERED = 10_000;

/** Warns of invalid rows: once each, however often they are read. */
export class RedisRowWarnings {
  readonly #log: Logger;
  readonly #label: string;
  readonly #reported = new Set<string>();

  constructor(log: Logger, label: string) {
    this.#log = log;
    this.#label = label;
  }

  /** Several rows have one key: `rows[0]` is used. */
  severalRows(table: string, rows: readonly RedisRowName[]): void {
    const names = rows.map(({ name }) => name);
    const message = `table "${table}" has row "${
      rows[0]?.key
    }" ${rows.length} times; the first one is used`;
    this.#warnOnce(names.join(" "), message, { names });
  }

  /** The name is not UTF-8; it is given in latin1. */
  nameNotText(table: string, name: string): void {
    this.#warnOnce(name, `table "${table}" has a row whose name is not UTF-8: it is ignored`, {
      name,
    });
  }

  /** The value is not UTF-8. */
  valueNotText(table: string, { name, key }: RedisRowName): void {
    this.#warnOnce(name, `table "${table}", row "${key}" is not UTF-8: it is ignored`, { name });
  }

  /** Warns of rows without a value that exist with another type. */
  async withoutValue(
    table: string,
    rows: readonly RedisRowName[],
    { client }: RedisConnection,
  ): Promise<void> {
    const unknown = rows.filter(({ name }) => !this.#reported.has(name));
    await Promise.all(unknown.map(async ({ name, key }) => {
      const type = await client.type(name);
      // A string was written between the two commands, and none was deleted.
      if (type === "none" || type === "string") return;
      this.#warnOnce(
        name,
        `table "${table}", row "${key}" is a ${type}, wanted a string: it is ignored`,
        {
          name,
          type,
        },
      );
    }));
  }

  #warnOnce(what: string, message: string, fields: Readonly<Record<string, unknown>>): void {
    if (this.#reported.has(what)) return;
    if (this.#reported.size >= MAX_REMEMBERED) this.#reported.clear();
    this.#reported.add(what);
    this.#log.warn(`Redis "${this.#label}": ${message}`, fields);
  }
}
