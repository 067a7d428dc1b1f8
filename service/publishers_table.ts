import type { DbRow, NbDbDriver } from "../drivers/contract/db.ts";
import type { Clock } from "./clock.ts";
import {
  isStale,
  parsePublisherRecord,
  PUBLISHER_TABLE,
  type PublisherRecord,
} from "./publisher_record.ts";

/** A row as it was read. */
export interface RowText {
  /** The publisher's id. */
  readonly key: string;
  /** The row as it was read: what a removal compares with. */
  readonly text: string;
  /** The topic the row is stored under; publishers' rows have none. */
  readonly topic: string | null;
}

/** A publisher, `stale` when it was last heard of longer ago than it may. */
export interface ReadablePublisherRow extends RowText {
  /** By the timeout it was judged with. */
  readonly state: "alive" | "stale";
  /** What the row says. */
  readonly record: PublisherRecord;
  /** Milliseconds since its last activity; negative when its clock runs ahead of this one. */
  readonly ageMs: number;
}

/** A row that is not a publisher's record. */
export interface UnreadablePublisherRow extends RowText {
  /** Nobody knows how old it is. */
  readonly state: "unreadable";
  /** What is wrong with it. */
  readonly reason: string;
}

/** A row of the publishers table, judged. */
export type PublisherRow = ReadablePublisherRow | UnreadablePublisherRow;

/** How {@linkcode PublishersTable} judges life and death. */
export interface PublishersTableOptions {
  /** `publisher_timeout`: silent for longer than that is stale. */
  readonly timeoutMs: number;
  /** What ages are measured by. */
  readonly clock: Pick<Clock, "now">;
}

/** Which rows {@linkcode PublishersTable.prune} removes. */
export interface PruneOptions {
  /** Silent for longer than that. @default the table's `timeoutMs` */
  readonly olderThanMs?: number;
  /** The key of a row to spare, whatever its age: a publisher never removes itself. */
  readonly exceptId?: string;
  /** Also the rows that cannot be read, whose age nobody knows. @default false */
  readonly includeUnreadable?: boolean;
  /** Reports what would be removed, and removes nothing. @default false */
  readonly dryRun?: boolean;
  /** Rows not yet tried are left alone once this is aborted. */
  readonly signal?: AbortSignal;
}

/** What became of the rows that {@linkcode PublishersTable.prune} looked at. */
export interface PruneReport {
  /** How many publishers are alive, a spared one included. */
  readonly alive: number;
  /** Removed, or to be removed by a run that is no dry one. */
  readonly removed: readonly PublisherRow[];
  /** Renewed or removed by somebody else between reading and removing; left alone. */
  readonly changed: readonly PublisherRow[];
  /** Could not be removed, each with the reason. */
  readonly failed: readonly { readonly row: PublisherRow; readonly error: unknown }[];
  /** Unreadable rows that were left where they are. */
  readonly unreadable: readonly UnreadablePublisherRow[];
}

/** The publishers table, read and cleaned. */
export class PublishersTable {
  readonly #db: NbDbDriver;
  readonly #options: PublishersTableOptions;

  /**
   * Nothing is opened or read yet.
   *
   * @param db where the table is
   */
  constructor(db: NbDbDriver, options: PublishersTableOptions) {
    this.#db = db;
    this.#options = options;
  }

  /**
   * Every row, sorted by key: publishers alive or stale, and rows that cannot be read.
   *
   * @throws {DbUnavailable}
   */
  async list(): Promise<PublisherRow[]> {
    return await this.#read(this.#options.timeoutMs);
  }

  async #read(timeoutMs: number): Promise<PublisherRow[]> {
    const at = { nowMs: this.#options.clock.now(), timeoutMs };
    const rows = await this.#db.entries(PUBLISHER_TABLE);
    return rows.map((row) => judge(row, at));
  }

  /**
   * Removes the rows of publishers that have been silent for too long.
   *
   * Each by compare-and-delete, so a row renewed meanwhile stays; and each for itself, so a row
   * that fails does not keep the others.
   *
   * @throws {DbUnavailable} when the table cannot be read
   */
  async prune(options: PruneOptions = {}): Promise<PruneReport> {
    const rows = await this.#read(options.olderThanMs ?? this.#options.timeoutMs);
    const report = emptyReport();
    for (const row of rows) {
      if (options.signal?.aborted) break;
      if (row.state === "alive") report.alive++;
      if (row.state === "alive" || row.key === options.exceptId) continue;
      if (row.state === "unreadable" && options.includeUnreadable !== true) {
        report.unreadable.push(row);
      } else {
        await this.#remove(row, { report, dryRun: options.dryRun === true });
      }
    }
    return report;
  }

  async #remove(row: PublisherRow, { report, dryRun }: { report: Report; dryRun: boolean }) {
    const topic = row.topic ?? undefined;
    try {
      const isGone = dryRun ||
        await this.#db.compareAndDelete(PUBLISHER_TABLE, row.key, row.text, { topic });
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
  readonly unreadable: UnreadablePublisherRow[];
}

function emptyReport(): Report {
  return { alive: 0, removed: [], changed: [], failed: [], unreadable: [] };
}

function judge(row: DbRow, at: { nowMs: number; timeoutMs: number }): PublisherRow {
  const text = { key: row.key, text: row.value, topic: row.topic };
  const parsed = parsePublisherRecord(row.value);
  if (!parsed.readable) return { ...text, state: "unreadable", reason: parsed.reason };
  const { record } = parsed;
  const ageMs = at.nowMs - record.lastActivityTimestamp * 1000;
  return { ...text, state: isStale(record, at) ? "stale" : "alive", record, ageMs };
}
