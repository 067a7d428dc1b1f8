import { DatabaseSync } from "node:sqlite";
import type { DbRow, EntriesOptions } from "../../contract/db.ts";
import { type SqlitePage, SqliteStatements } from "./statements.ts";

/**
 * A connection that reads the database as it was at the first read, regardless of the duration. In
 * WAL mode it does not block writers, and does not see later writes; this requires a separate
 * connection.
 */
export class SqliteSnapshot implements Disposable {
  readonly #database: DatabaseSync;
  readonly #statements: SqliteStatements;

  /** Opens it without reading a table. It throws SQLite's errors. */
  constructor(path: string) {
    this.#database = new DatabaseSync(path, { enableForeignKeyConstraints: false });
    try {
      // The version is read only because a transaction's snapshot begins with its first read.
      this.#database.exec(
        "PRAGMA busy_timeout = 0; PRAGMA trusted_schema = OFF; BEGIN; SELECT count(*) FROM versions",
      );
      this.#statements = new SqliteStatements(this.#database);
    } catch (thrown) {
      this.#database.close();
      throw thrown;
    }
  }

  /** The rows of a table, or of one topic, by key; they are read page by page. */
  *rows(table: string, options: EntriesOptions): Generator<DbRow, void, undefined> {
    for (let from: string | undefined = ""; from !== undefined;) {
      const { rows, next }: SqlitePage = this.#statements.page(table, options, from);
      yield* rows;
      from = next;
    }
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }
}
