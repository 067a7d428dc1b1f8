import type { Logger } from "../../../contract/logger.ts";
import { RowWarnings } from "../../row_warnings.ts";
import type { RedisConnection } from "../connection.ts";
import type { RedisRowName } from "./row_names.ts";

/** Warns of invalid rows of Redis: once each, however often they are read. */
export class RedisRowWarnings extends RowWarnings {
  constructor(log: Logger, label: string) {
    super(log, `Redis "${label}"`);
  }

  /** Several rows have one key: `rows[0]` is used. */
  severalRows(table: string, rows: readonly RedisRowName[]): void {
    const names = rows.map(({ name }) => name);
    const message = `table "${table}" has row "${
      rows[0]?.key
    }" ${rows.length} times; the first one is used: delete all but one`;
    this.warn(names.join(" "), message, { names });
  }

  /** The name is not UTF-8; it is given in latin1. */
  nameNotText(table: string, name: string): void {
    this.warn(name, `table "${table}" has a row whose name is not UTF-8: it is ignored`, {
      name,
    });
  }

  /** The value is not UTF-8. */
  valueNotText(table: string, { name, key }: RedisRowName): void {
    this.warn(name, `table "${table}", row "${key}" is not UTF-8: it is ignored`, { name });
  }

  /** Warns of rows without a value that exist with another type. */
  async withoutValue(
    table: string,
    rows: readonly RedisRowName[],
    { client }: RedisConnection,
  ): Promise<void> {
    const unknown = rows.filter(({ name }) => !this.has(name));
    await Promise.all(unknown.map(async ({ name, key }) => {
      const type = await client.type(name);
      // A string was written between the two commands, and none was deleted.
      if (type === "none" || type === "string") return;
      this.warn(
        name,
        `table "${table}", row "${key}" is a ${type}, wanted a string: it is ignored`,
        {
          name,
          type,
        },
      );
    }));
  }
}
