import type { DbContext, DbRow, EntriesOptions, NbDbDriver, TopicOption } from "../contract/db.ts";
import { DbKeyNotFound, DriverError } from "../contract/errors.ts";
import { inTurns } from "../contract/next_turn.ts";
import { Semaphore } from "../contract/semaphore.ts";
import { type MonotonicClock, monotonicClock } from "../contract/waiting.ts";
import { type NamedTexts, requireWellFormed } from "../_internal/db_text.ts";
import { absolutePath } from "../_internal/file_path.ts";
import { SqliteConnection } from "../_internal/sqlite/connection.ts";
import { asUnavailable, NoDatabase } from "../_internal/sqlite/errors.ts";
import { sqliteBusyTimeout, sqlitePath } from "../_internal/sqlite/options.ts";
import { LockRetry } from "../_internal/sqlite/retry.ts";
import type { SqliteStatements } from "../_internal/sqlite/statements.ts";

/** The dependencies that tests replace. */
export interface SqliteDependencies {
  readonly clock?: MonotonicClock;
}

/**
 * Opens the embedded database. Missing files and directories are created, unless the context
 * forbids it.
 *
 * Any number of processes of one host may use it. A write is in the file when its promise resolves:
 * a crash of any process loses nothing, but a power failure may lose the last writes. The path must
 * not be on a network file system.
 *
 * @throws {DbUnavailable} with the path, if it cannot be used
 */
export async function openSqliteDb(
  context: DbContext,
  dependencies: SqliteDependencies = {},
): Promise<NbDbDriver> {
  const db = new SqliteDb(context, dependencies.clock ?? monotonicClock);
  await db.connect();
  return db;
}

class SqliteDb implements NbDbDriver {
  readonly name = "sqlite";
  readonly reach = "host";
  readonly #connection: SqliteConnection;
  readonly #retry: LockRetry;
  readonly #closing = new AbortController();
  /** Large tables are read one at a time, since each read has its own connection. */
  readonly #largeReads = new Semaphore(1);

  constructor({ settings, log, create = true }: DbContext, clock: MonotonicClock) {
    // Absolute, so that no path has a special meaning for SQLite.
    const path = absolutePath(settings.get(sqlitePath));
    this.#connection = new SqliteConnection(path, { log, create });
    this.#retry = new LockRetry(path, {
      get timeoutMs() {
        return 1000 * settings.get(sqliteBusyTimeout);
      },
      clock,
      signal: this.#closing.signal,
    });
  }

  get place(): string {
    return this.#connection.path;
  }

  async connect(): Promise<void> {
    try {
      await this.#read({}, () => {});
    } catch (error) {
      if (!(error instanceof NoDatabase)) throw error;
    }
  }

  async get(table: string, key: string, { topic }: TopicOption = {}): Promise<string> {
    const texts = { table, key, topic };
    const value = await this.#read(texts, (sql) => sql.get(table, key, topic));
    if (value === undefined) throw new DbKeyNotFound(table, key, topic);
    return value;
  }

  create(
    table: string,
    key: string,
    value: string,
    { topic }: TopicOption = {},
  ): Promise<void> {
    const row = { key, value, topic: topic ?? null };
    return this.#write({ table, key, value, topic }, (sql) => sql.create(table, row));
  }

  async set(
    table: string,
    key: string,
    value: string,
    { topic }: TopicOption = {},
  ): Promise<void> {
    const texts = { table, key, value, topic };
    const found = await this.#write(texts, (sql) => sql.set(table, key, value, topic));
    if (!found) throw new DbKeyNotFound(table, key, topic);
  }

  async delete(table: string, key: string, { topic }: TopicOption = {}): Promise<void> {
    const texts = { table, key, topic };
    const found = await this.#write(texts, (sql) => sql.delete(table, key, topic));
    if (!found) throw new DbKeyNotFound(table, key, topic);
  }

  keys(table: string, { topic }: TopicOption = {}): Promise<string[]> {
    return this.#read({ table, topic }, (sql) => sql.keys(table, topic));
  }

  async entries(table: string, options: EntriesOptions = {}): Promise<DbRow[]> {
    const texts = { table, topic: options.topic };
    const { rows, next } = await this.#read(texts, (sql) => sql.page(table, options));
    return next === undefined ? [...rows] : await this.#largeEntries(table, options);
  }

  compareAndDelete(
    table: string,
    key: string,
    expected: string,
    { topic }: TopicOption = {},
  ): Promise<boolean> {
    const texts = { table, key, expected, topic };
    return this.#write(texts, (sql) => sql.compareAndDelete(table, key, expected, topic));
  }

  tableVersion(table: string): Promise<string> {
    return this.#read({ table }, (sql) => sql.version(table));
  }

  allocateUniqueKey(table: string): Promise<number> {
    return this.#write({ table }, (sql) => sql.count(table));
  }

  /** Lets writes that were asked for try once more, ends waits for locks and reads, and closes. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#retry.idle();
    using _permit = await this.#largeReads.acquire();
    this.#connection.end();
  }

  async #largeEntries(table: string, options: EntriesOptions): Promise<DbRow[]> {
    using _permit = await this.#largeReads.acquire();
    this.#refuseWhenClosed();
    using snapshot = await this.#retry.read(() => this.#connection.snapshot());
    const rows: DbRow[] = [];
    try {
      await inTurns(snapshot.rows(table, options), (row) => {
        this.#refuseWhenClosed();
        rows.push(row);
      });
    } catch (thrown) {
      throw asUnavailable(this.#connection.path, thrown);
    }
    return rows;
  }

  async #read<T>(texts: NamedTexts, work: (sql: SqliteStatements) => T): Promise<T> {
    this.#refuseWhenClosed();
    requireWellFormed(texts);
    return await this.#retry.read(() => this.#connection.run(work));
  }

  async #write<T>(texts: NamedTexts, work: (sql: SqliteStatements) => T): Promise<T> {
    this.#refuseWhenClosed();
    requireWellFormed(texts);
    return await this.#retry.write(() => this.#connection.run(work));
  }

  #refuseWhenClosed(): void {
    if (!this.#closing.signal.aborted) return;
    throw new DriverError("CLOSED", `Database "${this.#connection.path}" is closed`);
  }
}
