/** Maximum delay that a schedule makes up for; events that were due earlier are skipped. */
const CATCH_UP_MS = 100;

/**
 * When events are due at a steady rate, for a load that is sent in batches as timers allow. Times
 * are milliseconds of a monotonic clock.
 */
export class Schedule {
  readonly #intervalMs: number;
  /** When the next event is due. */
  #nextAt: number;

  /**
   * @param rate events per second; undefined for no limit
   * @param startAt when the first event is due
   */
  constructor(rate: number | undefined, startAt: number) {
    this.#intervalMs = rate === undefined ? 0 : 1000 / rate;
    this.#nextAt = startAt;
  }

  /** Number of events that are due now, at most `most`; they count as sent. */
  take(now: number, most: number): number {
    if (this.#intervalMs === 0) return most;
    this.#nextAt = Math.max(this.#nextAt, now - CATCH_UP_MS);
    if (this.#nextAt > now) return 0;
    const due = Math.min(most, Math.floor((now - this.#nextAt) / this.#intervalMs) + 1);
    this.#nextAt += due * this.#intervalMs;
    return due;
  }

  /** Milliseconds until the next event is due; 0 if one is due now. */
  waitMs(now: number): number {
    return this.#intervalMs === 0 ? 0 : Math.max(0, this.#nextAt - now);
  }
}
