import type { DbRow, NbDbDriver } from "../../../drivers/contract/db.ts";
import { DbKeyNotFound, DbUnavailable } from "../../../drivers/contract/errors.ts";
import { RetryLoop, type RetryLoopOptions } from "../../base/retry_loop.ts";

/** Reads of single rows that are under way at the same time. */
const READS_AT_ONCE = 64;

/** What a {@linkcode RowReader} reads, and how it tells that it cannot. */
export interface RowReaderOptions extends Omit<RetryLoopOptions, "subject"> {
  readonly db: Pick<NbDbDriver, "get" | "entries">;
  /** Ends every wait. */
  readonly signal: AbortSignal;
}

/** Names one row. */
export interface RowName {
  readonly table: string;
  readonly key: string;
}

/** A row's value as it is now; null when there is no such row, undefined when it cannot be told. */
export type CurrentValue = string | null | undefined;

/**
 * Reads rows from a database that may be away, and then waits until it is back. Each of its methods
 * rejects only with the reason of the signal.
 */
export class RowReader {
  readonly #options: RowReaderOptions;
  readonly #retries: RetryLoop;

  constructor(options: RowReaderOptions) {
    this.#options = options;
    this.#retries = new RetryLoop({ ...options, subject: "Reading rows anew" });
  }

  /** The rows of a table, or those of one topic in it, as one consistent snapshot. */
  table(table: string, topic?: string): Promise<DbRow[]> {
    const { db, signal } = this.#options;
    return this.#retries.run(() => db.entries(table, { topic }), signal);
  }

  /** The values of single rows, in the order of their names. */
  async rows(names: readonly RowName[]): Promise<CurrentValue[]> {
    const values: CurrentValue[] = [];
    for (let first = 0; first < names.length; first += READS_AT_ONCE) {
      const some = names.slice(first, first + READS_AT_ONCE);
      values.push(...await Promise.all(some.map((name) => this.#row(name))));
    }
    return values;
  }

  #row(name: RowName): Promise<CurrentValue> {
    return this.#retries.run(() => this.#read(name), this.#options.signal);
  }

  async #read({ table, key }: RowName): Promise<CurrentValue> {
    try {
      return await this.#options.db.get(table, key);
    } catch (error) {
      if (error instanceof DbKeyNotFound) return null;
      const isAway = error instanceof DbUnavailable && !error.isOfRow;
      if (isAway || this.#options.signal.aborted) throw error;
      this.#retries.giveUp(`row "${key}" of table "${table}" cannot be read`, error);
      return undefined;
    }
  }
}
