import type { DbRow, NbDbDriver } from "../../../drivers/contract/db.ts";
import { DbKeyNotFound, DbUnavailable, messageOf } from "../../../drivers/contract/errors.ts";
import { RetryLoop, type RetryLoopOptions } from "../../base/retry_loop.ts";

/** Maximum number of concurrent reads of single rows. */
const READS_AT_ONCE = 64;
/** The beginning of warnings. */
const SUBJECT = "Reading rows again";

/** Options of a {@linkcode RowReader}. */
export interface RowReaderOptions extends Omit<RetryLoopOptions, "subject"> {
  readonly db: Pick<NbDbDriver, "get" | "entries">;
  /** Aborts every wait. */
  readonly signal: AbortSignal;
}

/** Identifies one row. */
export interface RowName {
  readonly table: string;
  readonly key: string;
}

/** A row to read. */
export interface WantedRow extends RowName {
  /** The row counts as missing if it has another topic. @default any topic */
  readonly onlyTopic?: string | undefined;
}

/** The current value of a row; null if there is no row, undefined if it cannot be read. */
export type CurrentValue = string | null | undefined;

/**
 * Reads rows, and waits for the database while it is unreachable. Its methods reject only with the
 * signal's reason.
 */
export class RowReader {
  readonly #options: RowReaderOptions;
  readonly #retries: RetryLoop;

  constructor(options: RowReaderOptions) {
    this.#options = options;
    this.#retries = new RetryLoop({ ...options, subject: SUBJECT });
  }

  /** The rows of a table, or those of one topic, as one consistent snapshot. */
  table(table: string, topic?: string): Promise<DbRow[]> {
    const { db, signal } = this.#options;
    return this.#retries.run(() => db.entries(table, { topic }), signal);
  }

  /** The values of single rows, in the order of their names. */
  async rows(names: readonly WantedRow[]): Promise<CurrentValue[]> {
    const values: CurrentValue[] = [];
    for (let first = 0; first < names.length; first += READS_AT_ONCE) {
      const some = names.slice(first, first + READS_AT_ONCE);
      values.push(...await Promise.all(some.map((name) => this.#row(name))));
    }
    return values;
  }

  #row(name: WantedRow): Promise<CurrentValue> {
    return this.#retries.run(() => this.#read(name), this.#options.signal);
  }

  async #read({ table, key, onlyTopic: topic }: WantedRow): Promise<CurrentValue> {
    try {
      return await this.#options.db.get(table, key, { topic });
    } catch (error) {
      if (error instanceof DbKeyNotFound) return null;
      const { log, signal } = this.#options;
      const isAway = error instanceof DbUnavailable && !error.isOfRow;
      if (isAway || signal.aborted) throw error;
      log.warn(`${SUBJECT}: row "${key}" of table "${table}" cannot be read: ${messageOf(error)}`);
      return undefined;
    }
  }
}
