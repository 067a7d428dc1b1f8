import { quantileBetween } from "./histogram.ts";
import type { ServiceTotals } from "./service_view.ts";

/** The activity of about one second. */
export interface RecentSample {
  /** End of the second, in Unix milliseconds. */
  readonly at: number;
  /** Events per second received from local publishers. */
  readonly received: number;
  /** Events per second sent to the network. */
  readonly sent: number;
  /** Median duration of a batch in the relay, in milliseconds; null without a batch. */
  readonly p50Ms: number | null;
  /** The 99th percentile of these durations; null without a batch. */
  readonly p99Ms: number | null;
  /** Mean time that the database needed for a call, in milliseconds; null without a call. */
  readonly dbMs: number | null;
  /** Events that the slowest subscriber was behind. */
  readonly lag: number;
}

/** The time of a reading of totals. */
export interface ReadingTime {
  /** Unix milliseconds, to be shown. */
  readonly at: number;
  /** Milliseconds of a monotonic clock, for rates. */
  readonly monotonic: number;
}

/** 15 minutes with a sample per second. */
const MAX_SAMPLES = 900;

/** The last 15 minutes of a service, from its totals once per second. */
export class RecentHistory {
  readonly #samples: RecentSample[] = [];
  #last: { readonly totals: ServiceTotals; readonly monotonic: number } | undefined;

  /** The samples, the oldest first. */
  get samples(): readonly RecentSample[] {
    return this.#samples;
  }

  /**
   * Adds the change since the last reading. The first reading is only the base.
   *
   * @param lag events that the slowest subscriber is behind
   * @returns the added sample
   */
  add(totals: ServiceTotals, lag: number, time: ReadingTime): RecentSample | undefined {
    const last = this.#last;
    const { at, monotonic } = time;
    const seconds = (monotonic - (last?.monotonic ?? monotonic)) / 1000;
    this.#last = { totals, monotonic };
    if (last === undefined || seconds <= 0) return undefined;
    const quantileMs = (share: number) => {
      const value = quantileBetween(share, last.totals.batchCounts, totals.batchCounts);
      return value === null ? null : value * 1000;
    };
    const calls = totals.database.calls - last.totals.database.calls;
    const sample = {
      at,
      received: (totals.received - last.totals.received) / seconds,
      sent: (totals.sent - last.totals.sent) / seconds,
      p50Ms: quantileMs(0.5),
      p99Ms: quantileMs(0.99),
      dbMs: calls > 0
        ? 1000 * (totals.database.seconds - last.totals.database.seconds) / calls
        : null,
      lag,
    };
    this.#samples.push(sample);
    if (this.#samples.length > MAX_SAMPLES) this.#samples.shift();
    return sample;
  }
}
