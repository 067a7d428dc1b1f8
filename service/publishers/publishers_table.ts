import { requireWaitOptions } from "../../drivers/contract/waiting.ts";
import { PUBLISHER_TABLE } from "../event/db_update.ts";
import type { DbRow, NbDbDriver } from "../../drivers/contract/db.ts";
import { TableCopy } from "./table_copy.ts";
import {
  isStale,
  parsePublisherRecord,
  type PublisherRecord,
  RETIRED_URI,
} from "./publisher_record.ts";
import { PublisherSecurity } from "./publisher_security.ts";
import { PublisherWatch, type PublisherWatchOptions } from "./publisher_watch.ts";

/** A row of the publishers table, as it was read and judged. */
export type PublisherRow =
  & {
    /** The publisher's id. */
    readonly key: string;
    /** The row as it was read: what a removal compares with. */
    readonly text: string;
    /** The topic the row is stored under; publishers' rows have none. */
    readonly topic: string | null;
  }
  & (
    | {
      /** By what was seen to change since the first reading, or else by this host's clock. */
      readonly state: "alive" | "stale";
      /** What the row says. */
      readonly record: PublisherRecord;
      /** Another address, for subscribers with TLS; undefined without one, or if it was not read. */
      readonly secureUri?: string | undefined;
      /** Milliseconds since its last activity; negative when its clock runs ahead of this one. */
      readonly ageMs: number;
      /** By how many milliseconds its clock is ahead of this host's; undefined while not known. */
      readonly skewMs: number | undefined;
    }
    | {
      /** The row is not a publisher's record; its age is unknown. */
      readonly state: "unreadable";
      /** What is wrong with it. */
      readonly reason: string;
    }
  );

/** A row that is a publisher's record. */
export type ReadablePublisherRow = Extract<PublisherRow, { readonly state: "alive" | "stale" }>;

/** A row that is not a publisher's record. */
export type UnreadablePublisherRow = Extract<PublisherRow, { readonly state: "unreadable" }>;

/** Whether a row is retired: only another row announces its publisher. */
export function isRetired(row: PublisherRow): boolean {
  return row.state !== "unreadable" && row.record.uri === RETIRED_URI;
}

/** The rows that announce publishers, alive or stale. */
export function publisherRows(rows: readonly PublisherRow[]): ReadablePublisherRow[] {
  return rows.filter((row) => row.state !== "unreadable").filter((row) => !isRetired(row));
}

/** Options of a {@linkcode PublishersTable}. */
export interface PublishersTableOptions extends PublisherWatchOptions {
  /** Whether to read the addresses for TLS, too. @default false */
  readonly withSecurity?: boolean;
}

/** Which rows {@linkcode PublishersTable.prune} removes. */
export interface PruneOptions {
  /** Minimum time without activity, in milliseconds. @default the table's `timeoutMs` */
  readonly olderThanMs?: number;
  /** The key of a row to keep, whatever its age: a publisher never removes itself. */
  readonly exceptId?: string;
  /** Whether to remove unreadable rows, too, whose age is unknown. @default false */
  readonly includeUnreadable?: boolean;
  /**
   * Whether to remove only rows that have not changed for long enough since their first read, so
   * that a wrong clock costs no live publisher its row. @default false
   */
  readonly onlyWatched?: boolean;
  /** Whether to only report what would be removed. @default false */
  readonly dryRun?: boolean;
  /** An abort keeps the rows that were not tried yet. */
  readonly signal?: AbortSignal;
}

/** The result of {@linkcode PublishersTable.prune}. */
export interface PruneReport {
  /** All rows, as they were read. */
  readonly rows: readonly PublisherRow[];
  /** Number of live publishers, including a kept one. */
  readonly alive: number;
  /** Rows that were removed or, with `dryRun`, would be. */
  readonly removed: readonly PublisherRow[];
  /**
   * Rows that were kept, since another service has renewed or removed them after they were read.
   */
  readonly changed: readonly PublisherRow[];
  /** Rows that could not be removed, each with the reason. */
  readonly failed: readonly { readonly row: PublisherRow; readonly error: unknown }[];
  /**
   * Rows that are stale by this host's clock but were not watched for long enough to be removed.
   */
  readonly waiting: readonly PublisherRow[];
  /** Unreadable rows that were left where they are. */
  readonly unreadable: readonly Extract<PublisherRow, { readonly state: "unreadable" }>[];
}

/** The publishers table, read and cleaned. */
export class PublishersTable implements AsyncDisposable {
  readonly #db: NbDbDriver;
  readonly #security: PublisherSecurity;
  readonly #options: PublishersTableOptions;
  readonly #watch: PublisherWatch;
  readonly #copy: TableCopy;

  /**
   * Creates it without opening or reading anything.
   *
   * @param db the database of the table
   */
  constructor(db: NbDbDriver, options: PublishersTableOptions) {
    this.#db = db;
    this.#security = new PublisherSecurity(db);
    this.#options = options;
    this.#watch = new PublisherWatch(options);
    this.#copy = new TableCopy(db, PUBLISHER_TABLE);
  }

  /**
   * All rows, sorted by key: live and stale publishers, and unreadable rows.
   *
   * @throws {DbUnavailable}
   */
  async list(): Promise<PublisherRow[]> {
    const rows = await this.#read(this.#options.timeoutMs);
    if (this.#options.withSecurity !== true) return rows;
    const addresses = await this.#security.addresses();
    return rows.map((row) =>
      row.state === "unreadable" ? row : { ...row, secureUri: addresses.get(row.key) }
    );
  }

  /**
   * Follows the table, if the database can watch tables, until the signal aborts; then it resolves.
   * While the watch is live, the rows are not read from the database; addresses for TLS still are.
   */
  async follow(options: {
    /** Ends it. */
    readonly signal: AbortSignal;
    /** Called after each change of the table, and when the watch becomes live. */
    readonly onChange?: () => void;
    /** Called with the reason when the watch is interrupted. */
    readonly onInterrupted?: (reason: string) => void;
  }): Promise<void> {
    await this.#copy.follow(options);
  }

  /** Whether the rows come from a watch of the database that is live. */
  get isWatched(): boolean {
    return this.#copy.isWatched;
  }

  async #read(timeoutMs: number): Promise<PublisherRow[]> {
    const rows = await this.#copy.read();
    const at = { nowMs: this.#options.clock.now(), timeoutMs };
    const judged = rows.map((row) => judge(row, at));
    this.#watch.look(judged.filter((row) => row.state !== "unreadable"));
    return judged.map((row) => this.#withWatched(row));
  }

  #withWatched(row: PublisherRow): PublisherRow {
    if (row.state === "unreadable") return row;
    const { key } = row;
    const isAlive = this.#watch.hasChanged(key) || row.state === "alive";
    const state = isAlive && !this.#watch.isGone(key) ? "alive" : "stale";
    return { ...row, state, skewMs: this.#watch.skewMs(key) };
  }

  /**
   * Removes the rows of publishers that have been silent for too long.
   *
   * Each removal is a compare-and-delete, so a row renewed in between stays. A failed removal does
   * not prevent the others.
   *
   * @throws {DbUnavailable} if the table cannot be read
   */
  async prune(options: PruneOptions = {}): Promise<PruneReport> {
    requireWaitOptions("PublishersTable.prune", options);
    const rows = await this.#read(options.olderThanMs ?? this.#options.timeoutMs);
    const report = emptyReport(rows);
    for (const row of rows) {
      if (options.signal?.aborted) break;
      if (row.state === "alive" && !isRetired(row)) report.alive++;
      if (row.state === "alive" || row.key === options.exceptId) continue;
      if (row.state === "unreadable" && options.includeUnreadable !== true) {
        report.unreadable.push(row);
      } else if (
        row.state === "stale" && options.onlyWatched === true && !this.#watch.isGone(row.key)
      ) {
        report.waiting.push(row);
      } else {
        await this.#remove(row, { report, dryRun: options.dryRun === true });
      }
    }
    return report;
  }

  /** Closes the database that the table is in. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#db[Symbol.asyncDispose]();
  }

  async #remove(row: PublisherRow, { report, dryRun }: { report: Report; dryRun: boolean }) {
    const topic = row.topic ?? undefined;
    try {
      const isGone = dryRun ||
        await this.#db.compareAndDelete(PUBLISHER_TABLE, row.key, row.text, { topic });
      if (isGone && !dryRun) await this.#security.remove(row.key);
      (isGone ? report.removed : report.changed).push(row);
    } catch (error) {
      report.failed.push({ row, error });
    }
  }
}

interface Report extends PruneReport {
  alive: number;
  readonly removed: PublisherRow[];
  readonly changed: PublisherRow[];
  readonly failed: { readonly row: PublisherRow; readonly error: unknown }[];
  readonly waiting: PublisherRow[];
  readonly unreadable: UnreadablePublisherRow[];
}

function emptyReport(rows: readonly PublisherRow[]): Report {
  return { rows, alive: 0, removed: [], changed: [], failed: [], waiting: [], unreadable: [] };
}

function judge(row: DbRow, at: { nowMs: number; timeoutMs: number }): PublisherRow {
  const text = { key: row.key, text: row.value, topic: row.topic };
  const parsed = parsePublisherRecord(row.value);
  if (!parsed.readable) return { ...text, state: "unreadable", reason: parsed.reason };
  const { record } = parsed;
  const ageMs = at.nowMs - record.lastActivityTimestamp * 1000;
  const state = isStale(record, at) ? "stale" : "alive";
  return { ...text, state, record, ageMs, skewMs: undefined };
}
