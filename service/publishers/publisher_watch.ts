import type { Clock } from "../base/clock.ts";
import type { KeyedPublisherRecord, PublisherRecord } from "./publisher_record.ts";

/** Options of a {@linkcode PublisherWatch}. */
export interface PublisherWatchOptions {
  /** `publisher_timeout` of this host, in milliseconds. */
  readonly timeoutMs: number;
  /** The clock that it reads. */
  readonly clock: Pick<Clock, "now" | "monotonic">;
  /**
   * Maximum time between two reads that counts as watched, in milliseconds. After an outage of the
   * database, the other publishers need time to refresh their rows.
   *
   * @default 60,000
   */
  readonly maxStepMs?: number;
}

/**
 * Every publisher with default options refreshes its row within this time: publishers of this
 * project every 100 s, idle ones of the original every 330 s.
 */
const USUAL_REFRESH_MS = 360_000;
/** Number of refreshes that a publisher misses before it counts as gone. */
const MISSED_REFRESHES = 3;
/**
 * With the default rate limit, 2 refreshes in 30 s, no publisher refreshes its row three times
 * after its registration without a longer pause. A publisher that does has a short
 * `publisher_timeout`.
 */
const QUICK_REFRESH_MS = 15_000;
const QUICK_CHANGES = 4;
/** A larger change of the timestamp is a step of the publisher's clock. */
const MAX_LEARNED_MS = 3_600_000;
/** Maximum number of publishers that are remembered after their rows are gone. */
const MAX_REMEMBERED = 1_000;
/** Maximum time by which a clock may be ahead of this host's without a warning. */
const AHEAD_TOLERANCE_MS = 5_000;
/**
 * Maximum time by which a clock may seem to be behind without a warning: with a slow database, a row
 * appears up to four requests of 5 s later than the time in it.
 */
const BEHIND_TOLERANCE_MS = 20_000;

interface Observation {
  timestampMs: number;
  /** In watched time. */
  changedAtMs: number;
  /** Number of observed changes of its timestamp; its appearance between two reads counts. */
  changes: number;
  /** The maximum observed time between two of its refreshes. */
  longestMs: number;
  skewMs: number | undefined;
}

/**
 * Determines whether publishers are alive by the changes that it observes, read by read.
 *
 * If the timestamp of a row changes, its publisher is alive, whatever the timestamp is: clocks of
 * different hosts are not compared. The watch learns the refresh interval of each publisher from
 * these changes, as other hosts may have another `publisher_timeout`. The timestamp of a row that
 * never changed only determines how long the row is watched.
 */
export class PublisherWatch {
  readonly #options: PublisherWatchOptions;
  #rows = new Map<string, Observation>();
  /**
   * For publishers whose rows were removed because they counted as gone: how long they were silent.
   */
  readonly #silences = new Map<string, number>();
  /** Watched time in milliseconds; an outage between two reads counts only in part. */
  #watchedMs = 0;
  #lookedAt: number | undefined;

  /** Creates a watch without observations. */
  constructor(options: PublisherWatchOptions) {
    this.#options = options;
  }

  /** Observes all readable rows as they are now. */
  look(rows: readonly KeyedPublisherRecord[]): void {
    const { clock, maxStepMs = 60_000 } = this.#options;
    const now = clock.monotonic();
    const sinceMs = this.#lookedAt === undefined ? undefined : now - this.#lookedAt;
    this.#lookedAt = now;
    this.#watchedMs += Math.min(sinceMs ?? 0, maxStepMs);
    const seen = new Map<string, Observation>();
    for (const { key, record } of rows) seen.set(key, this.#observe(key, record, sinceMs));
    for (const [key, row] of this.#rows) {
      if (!seen.has(key) && this.isGone(key)) this.#remember(key, row);
    }
    this.#rows = seen;
  }

  /** If the publisher reappears, it was removed while alive: it refreshes its row less often. */
  #remember(key: string, row: Observation): void {
    // The order of the map is that of the removals.
    this.#silences.delete(key);
    this.#silences.set(key, this.#watchedMs - row.changedAtMs);
    const [oldest] = this.#silences.keys();
    if (this.#silences.size > MAX_REMEMBERED && oldest !== undefined) {
      this.#silences.delete(oldest);
    }
  }

  /** Whether a change of the row, or its appearance, was observed. */
  hasChanged(key: string): boolean {
    return (this.#rows.get(key)?.changes ?? 0) > 0;
  }

  /**
   * Whether the row has not changed for longer than the refresh interval of a live publisher
   * allows.
   */
  isGone(key: string): boolean {
    const row = this.#rows.get(key);
    return row !== undefined && this.#watchedMs - row.changedAtMs > this.#limitMs(row);
  }

  /**
   * Number of milliseconds by which the publisher's clock is ahead of this host's, negative if it
   * is behind; 0 if they agree, undefined if unknown.
   */
  skewMs(key: string): number | undefined {
    return this.#rows.get(key)?.skewMs;
  }

  #limitMs({ timestampMs, changes, longestMs }: Observation): number {
    const { timeoutMs, clock } = this.#options;
    const usualMs = Math.max(timeoutMs, USUAL_REFRESH_MS);
    if (changes === 0) return clock.now() - timestampMs > usualMs ? timeoutMs : usualMs;
    const learnedMs = MISSED_REFRESHES * longestMs;
    const isQuick = changes >= QUICK_CHANGES && longestMs < QUICK_REFRESH_MS;
    return Math.max(learnedMs, isQuick ? timeoutMs : usualMs);
  }

  #observe(key: string, record: PublisherRecord, sinceMs: number | undefined): Observation {
    const timestampMs = record.lastActivityTimestamp * 1000;
    const known = this.#rows.get(key);
    if (known?.timestampMs === timestampMs) return known;
    const skewMs = this.#measureSkew(timestampMs, sinceMs);
    const fresh = { timestampMs, changedAtMs: this.#watchedMs, skewMs };
    if (known === undefined) {
      const longestMs = this.#silences.get(key) ?? 0;
      return { ...fresh, changes: sinceMs === undefined ? 0 : 1, longestMs };
    }
    const steppedMs = timestampMs - known.timestampMs;
    const longestMs = Math.max(
      known.longestMs,
      this.#watchedMs - known.changedAtMs,
      steppedMs <= MAX_LEARNED_MS ? steppedMs : 0,
    );
    return { ...fresh, changes: known.changes + 1, longestMs };
  }

  /** The row was written between the last read and now; at the first read, at an unknown time. */
  #measureSkew(timestampMs: number, sinceMs: number | undefined): number | undefined {
    const now = this.#options.clock.now();
    if (timestampMs > now + AHEAD_TOLERANCE_MS) return timestampMs - now;
    if (sinceMs === undefined) return undefined;
    const lookedAt = now - sinceMs;
    return timestampMs < lookedAt - BEHIND_TOLERANCE_MS ? timestampMs - lookedAt : 0;
  }
}
