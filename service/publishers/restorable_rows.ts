import type { PublisherRow } from "./publishers_table.ts";

/** Maximum time until a live publisher restores its row: it looks for the row every ten seconds. */
const RESTORE_MS = 12_000;
/** The same if the database reports changes: then the publisher notices at once, too. */
const RESTORE_WATCHED_MS = 2_000;

/** The rows of the publishers table, and for a time those that were removed. */
export class RestorableRows {
  readonly #clock: { monotonic(): number };
  /** By key: each row as it was last read, and until when it counts if it was removed. */
  #rows: ReadonlyMap<string, { readonly row: PublisherRow; readonly until: number }> = new Map();

  constructor(clock: { monotonic(): number }) {
    this.#clock = clock;
  }

  /**
   * The rows that were read, and those that were removed a short time ago: if all rows of a database
   * are removed, live publishers restore theirs within that time.
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

  /** Milliseconds until the next removed row no longer counts; Infinity without such a row. */
  get untilNextMs(): number {
    const now = this.#clock.monotonic();
    const untils = [...this.#rows.values()].map(({ until }) => until).filter((each) => each > now);
    return Math.min(...untils) - now;
  }
}
