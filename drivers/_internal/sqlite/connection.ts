import { DatabaseSync } from "node:sqlite";
import { DriverError } from "../../contract/errors.ts";
import type { Logger } from "../../contract/logger.ts";
import { isBusy, NoDatabase } from "./errors.ts";
import { type DatabaseFiles, ensureFile, fileExists, filesAt, removeStaleWal } from "./file.ts";
import { requireTrustedDatabase } from "./ownership.ts";
import { ensureSchema, hasSchema } from "./schema.ts";
import { SqliteSnapshot } from "./snapshot.ts";
import { SqliteStatements } from "./statements.ts";

/** Locks are waited for outside SQLite, whose own waiting would stop the event loop. */
const PRAGMAS = `
  PRAGMA busy_timeout = 0;
  PRAGMA synchronous = NORMAL;
  PRAGMA trusted_schema = OFF;
  PRAGMA journal_size_limit = ${16 * 1024 * 1024};
`;

interface Live {
  readonly database: DatabaseSync;
  readonly statements: SqliteStatements;
  readonly files: DatabaseFiles;
}

/**
 * The connection to one database file, which follows the path: when the file there was deleted or
 * replaced, the next use opens what is there, making an empty database where there is nothing and
 * it may; when its permissions have changed, the next use opens it again.
 *
 * Everything is synchronous and nothing waits: a lock held elsewhere throws SQLite's error at once,
 * and the same call may be made again.
 */
export class SqliteConnection {
  readonly path: string;
  readonly #log: Logger;
  readonly #create: boolean;
  #live: Live | undefined;
  #ended = false;
  /** The file of the last connection that worked. */
  #known: string | undefined;

  /** @param options.create whether a database that is missing is made */
  constructor(path: string, { log, create }: { readonly log: Logger; readonly create: boolean }) {
    this.path = path;
    this.#log = log;
    this.#create = create;
  }

  /**
   * Does work on a connection to the file that lies at the path now. A connection that failed is
   * not used again: the file may be good by the next time.
   *
   * @throws {DriverError} `CLOSED` after {@linkcode end}; `DB_UNAVAILABLE` for a file that is not
   * ours; {@linkcode NoDatabase} for one that is missing and not made. Errors of SQLite and the file system come as they are.
   */
  run<T>(work: (statements: SqliteStatements) => T): T {
    if (this.#ended) throw new DriverError("CLOSED", `Database "${this.path}": is closed`);
    try {
      return work(this.#current().statements);
    } catch (thrown) {
      if (!isBusy(thrown)) this.#abandon();
      throw thrown;
    }
  }

  /** Opens a second connection to the same file, which goes on reading what is there now. */
  snapshot(): SqliteSnapshot {
    return this.run(() => new SqliteSnapshot(this.path));
  }

  /** What went wrong first is to be told, not that closing failed as well. */
  #abandon(): void {
    try {
      this.#close();
    } catch {
      // The next use opens another.
    }
  }

  /** Closes for good. Ending twice is fine. */
  end(): void {
    this.#ended = true;
    this.#close();
  }

  #close(): void {
    const live = this.#live;
    this.#live = undefined;
    live?.database.close();
  }

  #current(): Live {
    const live = this.#live;
    if (live === undefined) return this.#open();
    const now = filesAt(this.path);
    const { main, wal, access } = live.files;
    if (now.main === main && now.wal === wal && now.access === access) return live;
    if (now.main === main && now.wal === wal) {
      // What is open stays usable whatever the permissions: only opening it again tells the truth.
      this.#log.info("Permissions of the database changed: it is opened again", {
        path: this.path,
      });
    } else if (now.main === main) {
      this.#log.warn("Database lost its -wal file: it is opened again", { path: this.path });
    } else if (now.main !== undefined) {
      // Before closing: as long as the old files are open, no other can get their inodes.
      removeStaleWal(this.path, live.files);
    }
    this.#close();
    return this.#open();
  }

  #open(): Live {
    requireTrustedDatabase(this.path);
    const created = this.#create && ensureFile(this.path);
    if (!this.#create && !fileExists(this.path)) {
      throw new NoDatabase(`No database at "${this.path}"`);
    }
    // Looked at before SQLite opens it: a file swapped in between is noticed by the next use.
    const { main, access } = filesAt(this.path);
    const database = new DatabaseSync(this.path, {
      enableForeignKeyConstraints: false,
      enableDoubleQuotedStringLiterals: false,
    });
    try {
      database.exec(PRAGMAS);
      if (this.#create) ensureSchema(database, this.path);
      else if (!hasSchema(database, this.path)) {
        throw new NoDatabase(`The database at "${this.path}" is empty`);
      }
      const statements = new SqliteStatements(database);
      this.#live = { database, statements, files: { main, access, wal: filesAt(this.path).wal } };
      this.#report(created, main);
      return this.#live;
    } catch (thrown) {
      database.close();
      throw thrown;
    }
  }

  #report(created: boolean, main: string | undefined): void {
    const { path } = this;
    const known = this.#known;
    this.#known = main;
    if (known === undefined) {
      if (created) this.#log.info("Database created", { path });
    } else if (created || known !== main) {
      this.#log.warn("Database file was deleted or replaced: rows of the old one are gone", {
        path,
      });
    }
  }
}
