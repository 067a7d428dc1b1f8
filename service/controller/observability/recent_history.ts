import { quantileBetween } from "./histogram.ts";
import type { ServiceTotals } from "./service_view.ts";

/** What happened in one second, about. */
export interface RecentSample {
  /** When it ended, in Unix milliseconds. */
  readonly at: number;
  /** Events per second taken from local publishers. */
  readonly received: number;
  /** Events per second sent to the network. */
  readonly sent: number;
  /** Median time that the relay needed for a batch, in milliseconds; null without a batch. */
  readonly p50Ms: number | null;
  /** The 99th percentile of the same. */
  readonly p99Ms: number | null;
  /** Mean time that the database needed for a call, in milliseconds; null without a call. */
  readonly dbMs: number | null;
  /** Events that the slowest subscriber was behind. */
  readonly lag: number;
}

/** When totals were read. */
export interface ReadingTime {
  /** In Unix milliseconds: for what is shown. */
  readonly at: number;
  /** In milliseconds that never go back: for rates. */
  readonly monotonic: number;
}

/** 15 minutes of a sample per second. */
const MAX_SAMPLES = 900;

/** The last 15 minutes of a service, when it is given its totals once per second. */
export class RecentHistory {
  readonly #samples: RecentSample[] = [];
  #last: { readonly totals: ServiceTotals; readonly monotonic: number } | undefined;

  /** The oldest first. */
  get samples(): readonly RecentSample[] {
    return this.#samples;
  }

  /**
   * Takes in what changed since the last reading; the first one only begins it.
   *
   * @param lag events that the slowest subscriber is behind
   * @returns the sample that was added
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
