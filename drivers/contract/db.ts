import type { DriverContext } from "./pubsub.ts";

/** The context of a database driver. */
export interface DbContext extends DriverContext {
  /**
   * Whether to create a database that does not exist. Otherwise it is opened nevertheless, and
   * every operation throws {@linkcode DbUnavailable} until another process has created it.
   *
   * @default true
   */
  readonly create?: boolean;
}

/** One row of a northbound table. */
export interface DbRow {
  /** Unique in its table, across all topics. */
  readonly key: string;
  /** The row as JSON text, which a driver does not interpret. */
  readonly value: string;
  /** The project (tenant) of the row, or null. */
  readonly topic: string | null;
}

/** Restricts an operation to rows of one topic. @default any topic */
export interface TopicOption {
  /** The project (tenant). */
  readonly topic?: string | undefined;
}

/** Options for reading the rows of a table. */
export interface EntriesOptions extends TopicOption {
  /**
   * The rows that the caller has, by key. For an unchanged row, a driver may return the caller's
   * object, so that memory does not hold its text twice.
   */
  readonly known?: ReadonlyMap<string, DbRow> | undefined;
}

/** What a watch says of a table. */
export type TableChange =
  /** Every row of the table, sorted by key: rows that are not among them do not exist. */
  | { readonly kind: "whole"; readonly rows: readonly DbRow[] }
  /** The changed rows as they are now, and the keys of rows that do not exist any more. */
  | { readonly kind: "changes"; readonly rows: readonly DbRow[]; readonly gone: readonly string[] }
  /** The watch does not report changes until the next `whole`. */
  | { readonly kind: "interrupted"; readonly reason: string };

/** Options of a watch. */
export interface WatchTableOptions {
  /** Ends the watch. */
  readonly signal: AbortSignal;
  /** As in {@linkcode EntriesOptions}; called for each `whole`. */
  readonly known?: () => ReadonlyMap<string, DbRow> | undefined;
}

/**
 * A northbound database: tables of JSON texts by key, with at most one topic per row.
 *
 * Every method throws {@linkcode DbUnavailable} if the database cannot be reached or does not
 * answer in time, with `isUncertain` if a write may have been carried out; a missing row is always
 * a {@linkcode DbKeyNotFound}. A table, key or value that is not a string of well-formed Unicode is
 * a TypeError, and a call after disposal is a {@linkcode DriverError} `CLOSED`.
 */
export interface NbDbDriver extends AsyncDisposable {
  /** The name of the driver in messages. */
  readonly name: string;
  /** Which processes see the same rows. @default `network`: those of other hosts, too */
  readonly reach?: "process" | "host" | "network";
  /**
   * The location of the database in messages: a path, or servers. Absent for one inside the
   * process.
   */
  readonly place?: string;
  /** The value of one row. @throws {DbKeyNotFound} */
  get(table: string, key: string, options?: TopicOption): Promise<string>;
  /** Writes a row. Replaces an existing row with the same key, whatever its topic. */
  create(table: string, key: string, value: string, options?: TopicOption): Promise<void>;
  /** Replaces the value of an existing row and keeps its topic. @throws {DbKeyNotFound} */
  set(table: string, key: string, value: string, options?: TopicOption): Promise<void>;
  /** Removes an existing row. @throws {DbKeyNotFound} */
  delete(table: string, key: string, options?: TopicOption): Promise<void>;
  /** The keys of a table, sorted by code point; empty for a table that was never written. */
  keys(table: string, options?: TopicOption): Promise<string[]>;
  /** The rows of a table as one consistent snapshot, in one round trip, sorted by key. */
  entries(table: string, options?: EntriesOptions): Promise<DbRow[]>;
  /**
   * Removes a row only if its value is still `expected`, atomically. Returns false if it has
   * changed or is gone.
   */
  compareAndDelete(
    table: string,
    key: string,
    expected: string,
    options?: TopicOption,
  ): Promise<boolean>;
  /**
   * A text that changes whenever the table may have changed, and costs less than reading the table;
   * null if the engine has none. Compare it only within one client.
   */
  tableVersion(table: string): Promise<string | null>;
  /**
   * Reports a table without polling: the whole table as soon as the watch is live, then each change
   * of any client, until the signal aborts. Changes that the caller has not taken yet are combined,
   * row by row. A change that the whole table already contains may be reported again. A row never
   * goes back to an older value. After an interruption the driver restores the watch, and reports the
   * whole table again.
   *
   * Absent if the engine cannot watch.
   */
  watch?(table: string, options: WatchTableOptions): AsyncIterable<TableChange>;
  /**
   * The next number of a table's counter, from 1: no program gets the same number twice. The counter
   * is where the original keeps it, so its programs may count on it too.
   */
  allocateUniqueKey(table: string): Promise<number>;
}
