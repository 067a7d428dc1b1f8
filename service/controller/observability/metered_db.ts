import type {
  DbRow,
  EntriesOptions,
  NbDbDriver,
  TableChange,
  TopicOption,
  WatchTableOptions,
} from "../../../drivers/contract/db.ts";
import { DbKeyNotFound, DbUnavailable, messageOf } from "../../../drivers/contract/errors.ts";
import type { Clock } from "../../base/clock.ts";
import { Histogram } from "./histogram.ts";
import type { Sample } from "./metric.ts";

/** The operations, as the labels spell them. */
type Operation =
  | "compare_and_delete"
  | "create"
  | "delete"
  | "entries"
  | "get"
  | "keys"
  | "set"
  | "table_version"
  | "allocate_unique_key";

interface Tally {
  readonly seconds: Histogram;
  errors: number;
}

/** A database that counts and times its operations, and knows whether the last one succeeded. */
export class MeteredDb implements NbDbDriver {
  readonly #inner: NbDbDriver;
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #tallies = new Map<Operation, Tally>();
  /** Over all operations. */
  readonly total = { calls: 0, seconds: 0 };
  /** Present if the inner database can watch. */
  readonly watch?: NonNullable<NbDbDriver["watch"]>;
  #outage: string | undefined;

  /**
   * Creates it. The database counts as reachable, since it was just opened.
   *
   * @param inner does the work, and is disposed together with this one
   */
  constructor(inner: NbDbDriver, clock: Pick<Clock, "monotonic">) {
    this.#inner = inner;
    this.#clock = clock;
    if (inner.watch !== undefined) this.watch = (table, how) => this.#watch(table, how);
  }

  get name(): string {
    return this.#inner.name;
  }

  get reach(): "process" | "host" | "network" {
    return this.#inner.reach ?? "network";
  }

  /** Why the last operation did not reach the database; undefined if it did. */
  get outage(): string | undefined {
    return this.#outage;
  }

  /** Durations of operations in seconds, including failed ones, by operation. */
  secondsSamples(): Sample[] {
    return [...this.#tallies].flatMap(([operation, { seconds }]) => seconds.samples({ operation }));
  }

  /** Failed operations by operation; a missing row is not a failure. */
  errorSamples(): Sample[] {
    return [...this.#tallies].map(([operation, { errors }]) => ({
      labels: { operation },
      value: errors,
    }));
  }

  get(table: string, key: string, options?: TopicOption): Promise<string> {
    return this.#meter("get", () => this.#inner.get(table, key, options));
  }

  create(table: string, key: string, value: string, options?: TopicOption): Promise<void> {
    return this.#meter("create", () => this.#inner.create(table, key, value, options));
  }

  set(table: string, key: string, value: string, options?: TopicOption): Promise<void> {
    return this.#meter("set", () => this.#inner.set(table, key, value, options));
  }

  delete(table: string, key: string, options?: TopicOption): Promise<void> {
    return this.#meter("delete", () => this.#inner.delete(table, key, options));
  }

  keys(table: string, options?: TopicOption): Promise<string[]> {
    return this.#meter("keys", () => this.#inner.keys(table, options));
  }

  entries(table: string, options?: EntriesOptions): Promise<DbRow[]> {
    return this.#meter("entries", () => this.#inner.entries(table, options));
  }

  compareAndDelete(
    table: string,
    key: string,
    expected: string,
    options?: TopicOption,
  ): Promise<boolean> {
    return this.#meter(
      "compare_and_delete",
      () => this.#inner.compareAndDelete(table, key, expected, options),
    );
  }

  tableVersion(table: string): Promise<string | null> {
    return this.#meter("table_version", () => this.#inner.tableVersion(table));
  }

  /** A report of a watch shows that the database is reachable. */
  async *#watch(table: string, options: WatchTableOptions): AsyncGenerator<TableChange> {
    for await (const change of this.#inner.watch?.(table, options) ?? []) {
      if (change.kind !== "interrupted") this.#outage = undefined;
      yield change;
    }
  }

  allocateUniqueKey(table: string): Promise<number> {
    return this.#meter("allocate_unique_key", () => this.#inner.allocateUniqueKey(table));
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#inner[Symbol.asyncDispose]();
  }

  async #meter<T>(operation: Operation, work: () => Promise<T>): Promise<T> {
    const tally = this.#tally(operation);
    const start = this.#clock.monotonic();
    try {
      const result = await work();
      this.#outage = undefined;
      return result;
    } catch (error) {
      if (error instanceof DbKeyNotFound) this.#outage = undefined;
      else tally.errors++;
      if (error instanceof DbUnavailable) {
        this.#outage = error.isOfRow ? undefined : messageOf(error);
      }
      throw error;
    } finally {
      const seconds = (this.#clock.monotonic() - start) / 1000;
      tally.seconds.observe(seconds);
      this.total.calls++;
      this.total.seconds += seconds;
    }
  }

  #tally(operation: Operation): Tally {
    const known = this.#tallies.get(operation);
    if (known !== undefined) return known;
    const tally = { seconds: new Histogram(), errors: 0 };
    this.#tallies.set(operation, tally);
    return tally;
  }
}
