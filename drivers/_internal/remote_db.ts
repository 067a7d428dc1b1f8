import type { DbRow, EntriesOptions, NbDbDriver, TopicOption } from "../contract/db.ts";
import { DbKeyNotFound, DriverError } from "../contract/errors.ts";
import { Semaphore } from "../contract/semaphore.ts";
import { type NamedTexts, requireWellFormed, type RowId } from "./db_text.ts";

/** Reads and writes single rows. Without such a row, the result is undefined or false. */
export interface RemoteRows {
  get(id: RowId): Promise<string | undefined>;
  create(id: RowId, value: string): Promise<void>;
  set(id: RowId, value: string): Promise<boolean>;
  delete(id: RowId): Promise<boolean>;
  compareAndDelete(id: RowId, expected: string): Promise<boolean>;
}

/** Reads whole tables, and increments their counters. */
export interface RemoteTables {
  keys(table: string, topic: string | undefined): Promise<string[]>;
  entries(table: string, options: EntriesOptions): Promise<DbRow[]>;
  version(table: string): Promise<string | null>;
  count(table: string): Promise<number>;
}

/**
 * A database on other hosts. Writes of one row run one at a time, in the order of the calls.
 * Disposing refuses further operations, and lets those that were started end.
 */
export abstract class RemoteDb implements NbDbDriver {
  abstract readonly name: string;
  abstract readonly place: string;
  readonly #rows: RemoteRows;
  readonly #tables: RemoteTables;
  readonly #running = new Set<Promise<unknown>>();
  readonly #writes = new Map<string, Semaphore>();
  #closed = false;

  constructor(rows: RemoteRows, tables: RemoteTables) {
    this.#rows = rows;
    this.#tables = tables;
  }

  /** Translates an error of an operation. `action` is, for example, `set row "p1" of table "t"`. */
  protected abstract failure(action: string, thrown: unknown, isWrite: boolean): DriverError;

  /** Starts an operation. */
  protected start<T>(work: () => Promise<T>): Promise<T> {
    return work();
  }

  async get(table: string, key: string, { topic }: TopicOption = {}): Promise<string> {
    const id = { table, key, topic };
    const value = await this.run("read", id, () => this.#rows.get(id));
    if (value === undefined) throw new DbKeyNotFound(table, key, topic);
    return value;
  }

  create(
    table: string,
    key: string,
    value: string,
    { topic }: TopicOption = {},
  ): Promise<void> {
    const id = { table, key, topic };
    return this.#write("create", { ...id, value }, () => this.#rows.create(id, value));
  }

  async set(
    table: string,
    key: string,
    value: string,
    { topic }: TopicOption = {},
  ): Promise<void> {
    const id = { table, key, topic };
    const found = await this.#write("set", { ...id, value }, () => this.#rows.set(id, value));
    if (!found) throw new DbKeyNotFound(table, key, topic);
  }

  async delete(table: string, key: string, { topic }: TopicOption = {}): Promise<void> {
    const id = { table, key, topic };
    const found = await this.#write("delete", id, () => this.#rows.delete(id));
    if (!found) throw new DbKeyNotFound(table, key, topic);
  }

  compareAndDelete(
    table: string,
    key: string,
    expected: string,
    { topic }: TopicOption = {},
  ): Promise<boolean> {
    const id = { table, key, topic };
    const work = () => this.#rows.compareAndDelete(id, expected);
    return this.#write("delete", { ...id, expected }, work);
  }

  keys(table: string, { topic }: TopicOption = {}): Promise<string[]> {
    return this.run("read", { table, topic }, () => this.#tables.keys(table, topic));
  }

  entries(table: string, options: EntriesOptions = {}): Promise<DbRow[]> {
    const { topic } = options;
    return this.run("read", { table, topic }, () => this.#tables.entries(table, options));
  }

  tableVersion(table: string): Promise<string | null> {
    return this.run("read", { table }, () => this.#tables.version(table));
  }

  allocateUniqueKey(table: string): Promise<number> {
    return this.run("count the unique keys of", { table }, () => this.#tables.count(table));
  }

  /**
   * Runs an operation without waiting for earlier ones.
   *
   * @param isWrite whether it may have been carried out although it fails
   * @throws {DriverError} `CLOSED`, or the translated failure
   * @throws {TypeError} for a value that is not text, or for text without a UTF-8 form
   */
  protected async run<T>(
    verb: string,
    texts: NamedTexts,
    work: () => Promise<T>,
    isWrite = false,
  ): Promise<T> {
    if (this.#closed) throw new DriverError("CLOSED", `Database "${this.place}" is closed`);
    requireWellFormed(texts);
    const running = this.start(work);
    this.#running.add(running);
    try {
      return await running;
    } catch (thrown) {
      throw this.failure(actionOf(verb, texts), thrown, isWrite);
    } finally {
      this.#running.delete(running);
    }
  }

  /** Runs a write of one row, after all earlier writes of the row. */
  #write<T>(verb: string, texts: NamedTexts & RowId, work: () => Promise<T>): Promise<T> {
    return this.run(verb, texts, () => this.#inOrder(texts, work), true);
  }

  async #inOrder<T>({ table, key }: RowId, work: () => Promise<T>): Promise<T> {
    const row = JSON.stringify([table, key]);
    const semaphore = this.#writes.get(row) ?? new Semaphore(1);
    this.#writes.set(row, semaphore);
    try {
      using _permit = await semaphore.acquire();
      return await work();
    } finally {
      if (semaphore.isFree) this.#writes.delete(row);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.#running);
  }
}

function actionOf(verb: string, { table, key }: NamedTexts): string {
  return key === undefined
    ? `${verb} table "${table}"`
    : `${verb} row "${key}" of table "${table}"`;
}
