import type { Clock } from "../../base/clock.ts";
import type { DbUpdate } from "../../event/db_update.ts";
import type { HealthEvent } from "../../../drivers/contract/health.ts";
import type { RowName } from "./row_reader.ts";

/** Maximum step between two moments: after a longer step the process was stopped in between. */
const MAX_STEP_MS = 1_000;
/** Minimum step, so that all moments differ. */
const MIN_STEP_MS = 1e-6;
/** A table monitor publishes 2,000 rows per second, so it may be this far behind its snapshot. */
const MS_PER_ROW = 0.5;

/**
 * The times of reads, which tell whether an event may be older than the value that was read.
 *
 * A writer publishes its event within a maximum delay after it has written the row. An event that
 * arrives more than this delay after a read is newer than the read. Only time in which this process
 * was awake counts, at most a second between two moments. So an event that waited in a socket while
 * the process was stopped does not look late. A new connection may bring older events, so for the
 * same time after it every event may be older.
 *
 * Memory: the reads of single rows in the last seconds, and one number for each queued event.
 */
export class ReadTimes {
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #maxDelayMs: number;
  readonly #arrivals = new WeakMap<DbUpdate, number>();
  readonly #tables = new Map<string, number>();
  readonly #rows = new Map<string, Map<string, number>>();
  #moment = 0;
  #last: number;
  /** Until this moment every event may be older than its row. */
  #resumedUntil = 0;

  /** @param maxDelayMs maximum time from the write of a row to the arrival of its event */
  constructor(maxDelayMs: number, clock: Pick<Clock, "monotonic">) {
    this.#maxDelayMs = maxDelayMs;
    this.#clock = clock;
    this.#last = clock.monotonic();
  }

  /** The current moment: greater than any before. */
  moment(): number {
    const now = this.#clock.monotonic();
    const step = now - this.#last;
    this.#last = now;
    this.#moment += Math.max(Math.min(step, MAX_STEP_MS), MIN_STEP_MS);
    return this.#moment;
  }

  /** Handles a change in the state of a connection. */
  onHealth({ kind }: HealthEvent): void {
    if (kind !== "connected" && kind !== "live") return;
    this.#resumedUntil = this.moment() + this.#maxDelayMs;
  }

  /** Notes the arrival of an event. */
  arrived(update: DbUpdate): void {
    this.#arrivals.set(update, this.moment());
  }

  /** The moment of an event's arrival; now, if it was not noted. */
  arrivalOf(update: DbUpdate): number {
    return this.#arrivals.get(update) ?? this.moment();
  }

  /** Notes that a number of rows of a table were just read. */
  tableRead(table: string, rows: number): void {
    const until = this.moment() + this.#maxDelayMs + rows * MS_PER_ROW;
    this.#tables.set(table, Math.max(until, this.#tables.get(table) ?? 0));
  }

  /** Notes that one row was just read. */
  rowRead({ table, key }: RowName): void {
    const rows = this.#rows.get(table) ?? new Map<string, number>();
    // Deleted first, so that the oldest reads stay at the front.
    rows.delete(key);
    rows.set(key, this.moment() + this.#maxDelayMs);
    this.#rows.set(table, rows);
  }

  /** Whether an event about a row may be older than the value that was read. */
  mayBeOlder(update: DbUpdate & RowName): boolean {
    const { table, key } = update;
    const arrival = this.arrivalOf(update);
    return arrival <= this.#resumedUntil || arrival <= (this.#tables.get(table) ?? 0) ||
      arrival <= (this.#rows.get(table)?.get(key) ?? 0);
  }

  /** Forgets reads that do not matter for events that arrive after this moment. */
  forgetUntil(moment: number): void {
    for (const rows of this.#rows.values()) {
      for (const [key, until] of rows) {
        if (until >= moment) break;
        rows.delete(key);
      }
    }
  }
}
