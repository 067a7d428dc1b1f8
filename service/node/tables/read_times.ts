import type { Clock } from "../../base/clock.ts";
import type { DbUpdate } from "../../event/db_update.ts";
import type { HealthEvent } from "../../../drivers/contract/health.ts";
import type { RowName } from "./row_reader.ts";

/** Maximum that counts of the time between two moments: for more, the process was stopped. */
const MAX_STEP_MS = 1_000;
/** Minimum that counts, so that no two moments are the same. */
const MIN_STEP_MS = 1e-6;
/** A table monitor publishes 2,000 rows a second: it may be so far behind the snapshot it took. */
const MS_PER_ROW = 0.5;

/**
 * The times when rows were read, which say whether an update may be older than what was read.
 *
 * A writer publishes its update within a maximum delay after it has written the row. An update that
 * arrives later than that after a read is newer than the read. Only time in which this process was
 * awake counts, at most a second between two moments, so an update that waited in a socket while the
 * process was stopped does not look late. After a new connection, which may bring older events,
 * every update may be older for the same time.
 *
 * Memory: the reads of single rows of the last seconds, and one number for each update that waits.
 */
export class ReadTimes {
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #maxDelayMs: number;
  readonly #arrivals = new WeakMap<DbUpdate, number>();
  readonly #tables = new Map<string, number>();
  readonly #rows = new Map<string, Map<string, number>>();
  #moment = 0;
  #last: number;
  /** Until when every update may be older than its row. */
  #resumedUntil = 0;

  /** @param maxDelayMs maximum time from the write of a row to the arrival of its update */
  constructor(maxDelayMs: number, clock: Pick<Clock, "monotonic">) {
    this.#maxDelayMs = maxDelayMs;
    this.#clock = clock;
    this.#last = clock.monotonic();
  }

  /** The present moment: greater than any before. */
  moment(): number {
    const now = this.#clock.monotonic();
    const step = now - this.#last;
    this.#last = now;
    this.#moment += Math.max(Math.min(step, MAX_STEP_MS), MIN_STEP_MS);
    return this.#moment;
  }

  /** Takes in a change in the state of a connection. */
  onHealth({ kind }: HealthEvent): void {
    if (kind !== "connected" && kind !== "live") return;
    this.#resumedUntil = this.moment() + this.#maxDelayMs;
  }

  /** Notes when an update arrived. */
  arrived(update: DbUpdate): void {
    this.#arrivals.set(update, this.moment());
  }

  /** When an update arrived; now, if that was not noted. */
  arrivalOf(update: DbUpdate): number {
    return this.#arrivals.get(update) ?? this.moment();
  }

  /** Notes that so many rows of a table have just been read. */
  tableRead(table: string, rows: number): void {
    const until = this.moment() + this.#maxDelayMs + rows * MS_PER_ROW;
    this.#tables.set(table, Math.max(until, this.#tables.get(table) ?? 0));
  }

  /** Notes that one row has just been read. */
  rowRead({ table, key }: RowName): void {
    const rows = this.#rows.get(table) ?? new Map<string, number>();
    // Deleted first, so that the oldest reads stay in front.
    rows.delete(key);
    rows.set(key, this.moment() + this.#maxDelayMs);
    this.#rows.set(table, rows);
  }

  /** Whether an update about a row may be older than what was read of that row. */
  mayBeOlder(update: DbUpdate & RowName): boolean {
    const { table, key } = update;
    const arrival = this.arrivalOf(update);
    return arrival <= this.#resumedUntil || arrival <= (this.#tables.get(table) ?? 0) ||
      arrival <= (this.#rows.get(table)?.get(key) ?? 0);
  }

  /** Forgets the reads that no update matters to that arrives after this moment. */
  forgetUntil(moment: number): void {
    for (const rows of this.#rows.values()) {
      for (const [key, until] of rows) {
        if (until >= moment) break;
        rows.delete(key);
      }
    }
  }
}
