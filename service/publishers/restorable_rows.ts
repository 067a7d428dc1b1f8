import type { PublisherRow } from "./publishers_table.ts";

/** A live publisher looks for its row every ten seconds, and restores it. */
const RESTORE_MS = 12_000;

/** The rows of the publishers table, and for a time those that are gone. */
export class RestorableRows {
  readonly #clock: { monotonic(): number };
  /** By key: each row as it was last read, and until when it counts if it is gone. */
  #rows: ReadonlyMap<string, { readonly row: PublisherRow; readonly until: number }> = new Map();

  constructor(clock: { monotonic(): number }) {
    this.#clock = clock;
  }

  /**
   * The rows that were read, and those that have been gone for less than 12 s: if all rows of a
   * database are removed, live publishers restore theirs within that time.
   *
   * @param isWatched whether the database has reported the change: then it has reported it to the
   * publishers, too, so that they restore their rows at once
   */
  with(read: readonly PublisherRow[], isWatched: boolean): PublisherRow[] {
    const now = this.#clock.monotonic();
    const end = isWatched ? now : now + RESTORE_MS;
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
