import type {
  DbRow,
  EntriesOptions,
  NbDbDriver,
  TopicOption,
} from "../../../drivers/contract/db.ts";
import { DbUnavailable } from "../../../drivers/contract/errors.ts";
import { openMemoryDb } from "../../../drivers/db/memory.ts";

/** One call of a driver's method. */
export interface DbCall {
  readonly method: Exclude<keyof NbDbDriver, "name" | "watch" | typeof Symbol.asyncDispose>;
  readonly table: string;
  readonly key?: string;
}

/**
 * A hook that runs before or after a call: throw to fail the call, await to delay it, write to race
 * it.
 */
export type DbHook = (call: DbCall) => void | Promise<void>;

/** The error that a database throws when it is down. */
export function unreachable(): DbUnavailable {
  return new DbUnavailable("Connection refused");
}

/** A real driver that records its calls and fails them on request. */
export class FakeDb implements NbDbDriver {
  readonly name = "fake";
  readonly calls: DbCall[] = [];
  /** Whether {@linkcode NbDbDriver.tableVersion} returns a version. */
  hasVersions = true;
  /** Watches if a test sets it. */
  watch?: NonNullable<NbDbDriver["watch"]>;
  before: DbHook = () => {};
  after: DbHook = () => {};
  readonly #db: NbDbDriver;

  constructor(db: NbDbDriver) {
    this.#db = db;
  }

  /** Wraps a memory database. `direct` is another client of the same database, without faults. */
  static async open(): Promise<{ db: FakeDb; direct: NbDbDriver }> {
    const direct = await openMemoryDb();
    return { db: new FakeDb(direct), direct };
  }

  /** Makes every later call fail, or succeed again. */
  setDown(isDown: boolean): void {
    this.before = () => {
      if (isDown) throw unreachable();
    };
  }

  count(method: DbCall["method"]): number {
    return this.calls.filter((call) => call.method === method).length;
  }

  get(table: string, key: string, options?: TopicOption): Promise<string> {
    return this.#call({ method: "get", table, key }, () => this.#db.get(table, key, options));
  }

  create(table: string, key: string, value: string, options?: TopicOption): Promise<void> {
    const call: DbCall = { method: "create", table, key };
    return this.#call(call, () => this.#db.create(table, key, value, options));
  }

  set(table: string, key: string, value: string, options?: TopicOption): Promise<void> {
    const call: DbCall = { method: "set", table, key };
    return this.#call(call, () => this.#db.set(table, key, value, options));
  }

  delete(table: string, key: string, options?: TopicOption): Promise<void> {
    return this.#call({ method: "delete", table, key }, () => this.#db.delete(table, key, options));
  }

  keys(table: string, options?: TopicOption): Promise<string[]> {
    return this.#call({ method: "keys", table }, () => this.#db.keys(table, options));
  }

  entries(table: string, options?: EntriesOptions): Promise<DbRow[]> {
    return this.#call({ method: "entries", table }, () => this.#db.entries(table, options));
  }

  compareAndDelete(
    table: string,
    key: string,
    expected: string,
    options?: TopicOption,
  ): Promise<boolean> {
    const call: DbCall = { method: "compareAndDelete", table, key };
    return this.#call(call, () => this.#db.compareAndDelete(table, key, expected, options));
  }

  tableVersion(table: string): Promise<string | null> {
    return this.#call(
      { method: "tableVersion", table },
      () => this.hasVersions ? this.#db.tableVersion(table) : Promise.resolve(null),
    );
  }

  allocateUniqueKey(table: string): Promise<number> {
    const call: DbCall = { method: "allocateUniqueKey", table };
    return this.#call(call, () => this.#db.allocateUniqueKey(table));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#db[Symbol.asyncDispose]();
  }

  async #call<T>(call: DbCall, work: () => Promise<T>): Promise<T> {
    this.calls.push(call);
    await this.before(call);
    const result = await work();
    await this.after(call);
    return result;
  }
}
