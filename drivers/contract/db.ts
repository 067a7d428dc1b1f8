import type { DriverContext } from "./pubsub.ts";

/** What a database driver is given. */
export interface DbContext extends DriverContext {
  /**
   * Whether a database that does not exist is made. Without that it is opened all the same, and
   * every operation throws {@linkcode DbUnavailable} until another process has made it.
   *
   * @default true
   */
  readonly create?: boolean;
}

/** One row of a northbound table. */
export interface DbRow {
  /** Unique in its table, whatever its topic. */
  readonly key: string;
  /** The row as JSON text; a driver never looks into it. */
  readonly value: string;
  /** The project (tenant) the row belongs to, or null. */
  readonly topic: string | null;
}

/** Narrows an operation to rows of one topic; without it the topic does not matter. */
export interface TopicOption {
  /** The project (tenant). */
  readonly topic?: string | undefined;
}

/** How the rows of a table are read. */
export interface EntriesOptions extends TopicOption {
  /**
   * Rows that the caller has, by key. For a row that has not changed, a driver may return the
   * caller's object: the text that it read need not be kept, so that memory does not hold it twice.
   */
  readonly known?: ReadonlyMap<string, DbRow> | undefined;
}

/**
 * A northbound database: tables of JSON texts by key, each row belonging to at most one topic.
 *
 * Every method throws {@linkcode DbUnavailable} when the database cannot be reached or does not
 * answer within its bound; a missing row is only ever {@linkcode DbKeyNotFound}. Texts that are not
 * well-formed Unicode are a TypeError, a call after disposal a {@linkcode DriverError} `CLOSED`.
 */
export interface NbDbDriver extends AsyncDisposable {
  /** The name of the driver, for messages. */
  readonly name: string;
  /** Who else sees the same rows. @default `network`: other hosts do */
  readonly reach?: "process" | "host" | "network";
  /** Where the database is, for messages: a path, or servers. Absent for one inside the process. */
  readonly place?: string;
  /** The value of one row. @throws {DbKeyNotFound} */
  get(table: string, key: string, options?: TopicOption): Promise<string>;
  /** Writes a row, replacing the one of that key if it exists, whatever topic it had. */
  create(table: string, key: string, value: string, options?: TopicOption): Promise<void>;
  /** Replaces the value of an existing row; its topic stays. @throws {DbKeyNotFound} */
  set(table: string, key: string, value: string, options?: TopicOption): Promise<void>;
  /** Removes an existing row. @throws {DbKeyNotFound} */
  delete(table: string, key: string, options?: TopicOption): Promise<void>;
  /** The keys of a table, sorted by code point; empty for a table that was never written. */
  keys(table: string, options?: TopicOption): Promise<string[]>;
  /** The rows of a table as one consistent snapshot, in one round trip, sorted by key. */
  entries(table: string, options?: EntriesOptions): Promise<DbRow[]>;
  /**
   * Removes a row only while its value is still `expected`, atomically.
   * False when it has changed or is gone.
   */
  compareAndDelete(
    table: string,
    key: string,
    expected: string,
    options?: TopicOption,
  ): Promise<boolean>;
  /**
   * A text that differs from the last one whenever the table may have changed since, cheaper than
   * reading it; null where the engine has none. Only to be compared within one client.
   */
  tableVersion(table: string): Promise<string | null>;
  /**
   * The next number of a table's counter, from 1: no program gets the same number twice. The counter
   * is where the original keeps it, so its programs may count on it too.
   */
  allocateUniqueKey(table: string): Promise<number>;
}
