import { DatabaseSync } from "node:sqlite";
import type { DbRow, EntriesOptions } from "../../contract/db.ts";
import { type SqlitePage, SqliteStatements } from "./statements.ts";

/**
 * A connection that reads the database as it was at the first read, however long that takes. In WAL
 * mode it keeps nobody from writing, and what others write meanwhile it does not see: for that it
 * has to be a connection of its own.
 */
export class SqliteSnapshot implements Disposable {
  readonly #database: DatabaseSync;
  readonly #statements: SqliteStatements;

  /** Reads nothing of a table yet. The errors are those of SQLite. */
  constructor(path: string) {
    this.#database = new DatabaseSync(path, { enableForeignKeyConstraints: false });
    try {
      // The version is read only because a transaction begins to see with its first read.
      this.#database.exec(
        "PRAGMA busy_timeout = 0; PRAGMA trusted_schema = OFF; BEGIN; SELECT count(*) FROM versions",
      );
      this.#statements = new SqliteStatements(this.#database);
    } catch (thrown) {
      this.#database.close();
      throw thrown;
    }
  }

  /** The rows of a table, or of a topic of it, by key; they are read a page at a time. */
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
