import type { Clock } from "../../base/clock.ts";
import type { DbUpdate } from "../../event/db_update.ts";
import type { HealthEvent } from "../../../drivers/contract/health.ts";
import type { RowName } from "./row_reader.ts";

/** The most that counts of the time between two moments in which this process was awake. */
const LONGEST_STEP_MS = 1_000;
/** What counts at least, so that no two moments are the same. */
const SHORTEST_STEP_MS = 1e-6;
/** A table monitor publishes 2,000 rows a second: so far it may be behind the picture it took. */
const MS_PER_ROW = 0.5;

/**
 * Tells which updates may be older than what was read of their row.
 *
 * A writer writes its row, then publishes, within a bound: an update that arrives later than that
 * after a read tells of a write after that read. Until then it is only a hint. The time is that in
 * which this process was awake, as a moment is at most a second after the one before: a process that
 * was stopped finds nothing in its sockets that looks late. A new connection may bring older events: for
 * the same time after that, every update is only a hint.
 *
 * Memory: the reads of single rows of the last seconds, and one number for each update that waits.
 */
export class Settling {
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #settleMs: number;
  readonly #arrivals = new WeakMap<DbUpdate, number>();
  readonly #tables = new Map<string, number>();
  readonly #rows = new Map<string, Map<string, number>>();
  #moment = 0;
  #last: number;
  /** Until when every update is only a hint. */
  #resumedUntil = 0;

  /** @param settleMs the most from the write of a row to the arrival of its update */
  constructor(settleMs: number, clock: Pick<Clock, "monotonic">) {
    this.#settleMs = settleMs;
    this.#clock = clock;
    this.#last = clock.monotonic();
  }

  /** The present moment: greater than any before. */
  moment(): number {
    const now = this.#clock.monotonic();
    const step = now - this.#last;
    this.#last = now;
    this.#moment += Math.max(Math.min(step, LONGEST_STEP_MS), SHORTEST_STEP_MS);
    return this.#moment;
  }

  /** Takes in a change in the state of a connection. */
  onHealth({ kind }: HealthEvent): void {
    if (kind !== "connected" && kind !== "live") return;
    this.#resumedUntil = this.moment() + this.#settleMs;
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
    const until = this.moment() + this.#settleMs + rows * MS_PER_ROW;
    this.#tables.set(table, Math.max(until, this.#tables.get(table) ?? 0));
  }

  /** Notes that one row has just been read. */
  rowRead({ table, key }: RowName): void {
    const rows = this.#rows.get(table) ?? new Map<string, number>();
    // Deleted first, so that the oldest reads stay in front.
    rows.delete(key);
    rows.set(key, this.moment() + this.#settleMs);
    this.#rows.set(table, rows);
  }

  /** Whether an update about a row may be older than what was read of that row. */
  isHint(update: DbUpdate & RowName): boolean {
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
