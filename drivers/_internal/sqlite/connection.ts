import { DatabaseSync } from "node:sqlite";
import { DbUnavailable, DriverError } from "../../contract/errors.ts";
import type { Logger } from "../../contract/logger.ts";
import { isBusy, NoDatabase } from "./errors.ts";
import {
  type DatabaseFiles,
  ensureFile,
  fileExists,
  filesAt,
  removeEmptied,
  removeStaleWal,
} from "./file.ts";
import { requireTrustedDatabase } from "./ownership.ts";
import { ensureSchema, hasSchema } from "./schema.ts";
import { SqliteSnapshot } from "./snapshot.ts";
import { SqliteStatements } from "./statements.ts";

/** Waiting for locks happens outside SQLite, since SQLite's own wait would block the event loop. */
const PRAGMAS = `
  PRAGMA busy_timeout = 0;
  PRAGMA synchronous = NORMAL;
  PRAGMA trusted_schema = OFF;
  PRAGMA journal_size_limit = ${16 * 1024 * 1024};
`;

/** Time that an emptied file has for new content before the database is created again. */
const AWAIT_CONTENT_MS = 10_000;

interface Live {
  readonly database: DatabaseSync;
  readonly statements: SqliteStatements;
  readonly files: DatabaseFiles;
}

/**
 * The connection to one database file, which follows the path. If the file was deleted, emptied or
 * replaced, the next use opens the current file, or creates an empty database if it may. If its
 * permissions have changed, the next use reopens it.
 *
 * Everything is synchronous and never waits: another connection's lock causes SQLite's error at
 * once, and the call may be repeated.
 */
export class SqliteConnection {
  readonly path: string;
  readonly #log: Logger;
  readonly #create: boolean;
  #live: Live | undefined;
  #ended = false;
  /** The file of the last working connection. */
  #known: string | undefined;

  /** @param options.create whether to create a missing database */
  constructor(path: string, { log, create }: { readonly log: Logger; readonly create: boolean }) {
    this.path = path;
    this.#log = log;
    this.#create = create;
  }

  /**
   * Runs `work` on a connection to the file that is currently at the path. A failed connection is
   * not used again: the file may be valid at the next use.
   *
   * @throws {DriverError} `CLOSED` after {@linkcode end}; `DB_UNAVAILABLE` for a file of another
   * program; {@linkcode NoDatabase} for a missing one that is not created. Errors of SQLite and the
   * file system are not translated.
   */
  run<T>(work: (statements: SqliteStatements) => T): T {
    if (this.#ended) throw new DriverError("CLOSED", `Database "${this.path}" is closed`);
    try {
      return work(this.#current().statements);
    } catch (thrown) {
      if (!isBusy(thrown)) this.#abandon();
      throw thrown;
    }
  }

  /** Opens a second connection to the same file, which keeps reading its current content. */
  snapshot(): SqliteSnapshot {
    return this.run(() => new SqliteSnapshot(this.path));
  }

  /** The first error matters, not that closing failed as well. */
  #abandon(): void {
    try {
      this.#close();
    } catch {
      // The next use opens another one.
    }
  }

  /** Closes it permanently. */
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
    let now = filesAt(this.path);
    if (now.emptiedAt !== undefined && now.main === live.files.main && this.#create) {
      this.#awaitContent(now.emptiedAt);
      removeEmptied(this.path, live.files);
      now = filesAt(this.path);
    }
    const { main, wal, access } = live.files;
    if (now.main === main && now.wal === wal && now.access === access) return live;
    if (now.main === main && now.wal === wal) {
      // An open connection works with any permissions: only reopening shows whether they suffice.
      this.#log.info("The permissions of the database have changed: reopening it", {
        path: this.path,
      });
    } else if (now.main === main) {
      this.#log.warn("The -wal file of the database is gone: reopening it", { path: this.path });
    } else if (now.main !== undefined) {
      // Before closing: as long as the old files are open, no other files can get their inodes.
      removeStaleWal(this.path, live.files);
    }
    this.#close();
    return this.#open();
  }

  /** @throws {DbUnavailable} while a backup may be on its way into the emptied file */
  #awaitContent(emptiedAt: number): void {
    const age = Date.now() - emptiedAt;
    if (age < 0 || age >= AWAIT_CONTENT_MS) return;
    const then = `it is created again if it has no content after ${AWAIT_CONTENT_MS / 1000} s`;
    throw new DbUnavailable(`Database "${this.path}" was emptied: ${then}`);
  }

  #open(): Live {
    requireTrustedDatabase(this.path);
    const created = this.#create && ensureFile(this.path);
    if (!this.#create && !fileExists(this.path)) {
      throw new NoDatabase(`No database at "${this.path}"`);
    }
    // Read before SQLite opens it: the next use notices a file that was replaced in between.
    const before = filesAt(this.path);
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
      this.#live = { database, statements, files: { ...before, wal: filesAt(this.path).wal } };
      this.#report(created, before.main);
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
      if (created) this.#log.info("Created the database", { path });
    } else if (created || known !== main) {
      const what = "The database file was deleted, emptied or replaced: its former rows are gone";
      this.#log.warn(what, { path });
    }
  }
}
