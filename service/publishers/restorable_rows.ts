import type { PublisherRow } from "./publishers_table.ts";

/** A live publisher looks for its row every ten seconds, and restores it. */
const RESTORE_MS = 12_000;
/** The same if the database has reported the change, which the publisher then knows at once, too. */
const RESTORE_WATCHED_MS = 2_000;

/** The rows of the publishers table, and for a time those that are gone. */
export class RestorableRows {
  readonly #clock: { monotonic(): number };
  /** By key: each row as it was last read, and until when it counts if it is gone. */
  #rows: ReadonlyMap<string, { readonly row: PublisherRow; readonly until: number }> = new Map();

  constructor(clock: { monotonic(): number }) {
    this.#clock = clock;
  }

  /**
   * The rows that were read, and those that have been gone for a short time: if all rows of a
   * database are removed, live publishers restore theirs within it.
   *
   * @param isWatched whether the database reports changes of the table
   */
  with(read: readonly PublisherRow[], isWatched: boolean): PublisherRow[] {
    const now = this.#clock.monotonic();
    const end = now + (isWatched ? RESTORE_WATCHED_MS : RESTORE_MS);
    const rows = new Map(read.map((row) => [row.key, { row, until: Infinity }]));
    for (const [key, { row, until }] of this.#rows) {
      const goneUntil = Math.min(until, end);
      if (!rows.has(key) && goneUntil > now) rows.set(key, { row, until: goneUntil });
    }
    this.#rows = rows;
    return [...rows.values()].map(({ row }) => row);
  }

  /** Milliseconds until the next row that is gone no longer counts; Infinity if none is gone. */
  get untilNextMs(): number {
    const now = this.#clock.monotonic();
    const untils = [...this.#rows.values()].map(({ until }) => until).filter((each) => each > now);
    return Math.min(...untils) - now;
  }
}
