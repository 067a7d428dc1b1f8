import type { DbUpdate } from "./db_update.ts";

/**
 * Keeps updates in the order they were handed on where they are sorted by their timestamps: none
 * has an earlier one than an update before it. A replayed event is received after newer ones that
 * waited for it, and a wall clock may be set back.
 */
export class ArrivalOrder {
  #latest = -Infinity;

  /** The update, with the timestamp of an earlier one where its own is before that. */
  take(update: DbUpdate): DbUpdate {
    if (update.timestamp < this.#latest) return { ...update, timestamp: this.#latest };
    this.#latest = update.timestamp;
    return update;
  }
}
