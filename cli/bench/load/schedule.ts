/** How far a schedule that has fallen behind may catch up; what is older is left out. */
const CATCH_UP_MS = 100;

/**
 * When how many events are due at a steady rate: for a load that is sent in the batches that timers
 * allow. Times are a monotonic clock's, in milliseconds.
 */
export class Schedule {
  readonly #intervalMs: number;
  /** When the next event is due. */
  #nextAt: number;

  /**
   * @param rate events a second; undefined for as many as there are
   * @param startAt when the first is due
   */
  constructor(rate: number | undefined, startAt: number) {
    this.#intervalMs = rate === undefined ? 0 : 1000 / rate;
    this.#nextAt = startAt;
  }

  /** How many events are due now, at most `most`; they count as sent. */
  take(now: number, most: number): number {
    if (this.#intervalMs === 0) return most;
    this.#nextAt = Math.max(this.#nextAt, now - CATCH_UP_MS);
    if (this.#nextAt > now) return 0;
    const due = Math.min(most, Math.floor((now - this.#nextAt) / this.#intervalMs) + 1);
    this.#nextAt += due * this.#intervalMs;
    return due;
  }

  /** How long it is until the next event is due; 0 when one is. */
  waitMs(now: number): number {
    return this.#intervalMs === 0 ? 0 : Math.max(0, this.#nextAt - now);
  }
}
