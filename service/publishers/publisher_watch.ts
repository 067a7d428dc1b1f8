import type { Clock } from "../base/clock.ts";
import type { PublisherRecord } from "./publisher_record.ts";

/** How a {@linkcode PublisherWatch} judges. */
export interface PublisherWatchOptions {
  /** `publisher_timeout` of this host, in milliseconds. */
  readonly timeoutMs: number;
  /** The time. */
  readonly clock: Pick<Clock, "now" | "monotonic">;
  /**
   * The longest time between two looks that counts as watched, in milliseconds: after an outage of the
   * database the other publishers need time to refresh their rows.
   *
   * @default 60,000
   */
  readonly maxStepMs?: number;
}

/** A row as it is watched. */
export interface WatchedRow {
  /** The key of the row. */
  readonly key: string;
  /** What the row says. */
  readonly record: PublisherRecord;
}

/**
 * Every publisher with default options refreshes its row within this time: those of this project
 * every 100 s, idle ones of the original every 330 s.
 */
const USUAL_REFRESH_MS = 360_000;
/** A publisher misses this many refreshes before it counts as gone. */
const MISSED_REFRESHES = 3;
/**
 * With the default rate limit, 2 refreshes in 30 s, no publisher refreshes its row three times after it
 * registered without one longer pause: one that does has a short `publisher_timeout`.
 */
const QUICK_REFRESH_MS = 15_000;
const QUICK_CHANGES = 4;
/** A change of the timestamp by more than this is a step of the publisher's clock. */
const MAX_LEARNED_MS = 3_600_000;
/** More publishers than these are not remembered after their rows are gone. */
const MAX_REMEMBERED = 1_000;
/** Clocks that differ by less agree. */
const SKEW_TOLERANCE_MS = 5_000;

interface Observation {
  timestampMs: number;
  /** In watched time. */
  changedAtMs: number;
  /** How often its timestamp was seen to change; its appearance between two looks counts. */
  changes: number;
  /** The longest time between two of its refreshes. */
  longestMs: number;
  skewMs: number | undefined;
}

/**
 * Judges by what it sees to change whether publishers are alive, look by look.
 *
 * A row whose timestamp changes belongs to a live publisher, whatever time it says: two hosts' clocks
 * are not compared. How often a row is refreshed is learned from its changes, as other hosts may have
 * another `publisher_timeout`. The timestamp decides only how long a row is watched that never
 * changed.
 */
export class PublisherWatch {
  readonly #options: PublisherWatchOptions;
  #rows = new Map<string, Observation>();
  /** For how long publishers were silent whose rows went because they counted as gone. */
  readonly #silences = new Map<string, number>();
  /** How long was watched, in milliseconds; an outage between two looks counts only in part. */
  #watchedMs = 0;
  #lookedAt: number | undefined;

  /** Nothing is watched yet. */
  constructor(options: PublisherWatchOptions) {
    this.#options = options;
  }

  /** Takes note of all rows that can be read, as they are now. */
  look(rows: readonly WatchedRow[]): void {
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

  /** One that comes back was removed while it was alive: it refreshes its row more rarely. */
  #remember(key: string, row: Observation): void {
    this.#silences.delete(key);
    this.#silences.set(key, this.#watchedMs - row.changedAtMs);
    const [oldest] = this.#silences.keys();
    if (this.#silences.size > MAX_REMEMBERED && oldest !== undefined) {
      this.#silences.delete(oldest);
    }
  }

  /** Whether the row was seen to change, or to appear. */
  hasChanged(key: string): boolean {
    return (this.#rows.get(key)?.changes ?? 0) > 0;
  }

  /** Whether the row has not changed for longer than a live publisher takes to refresh it. */
  isGone(key: string): boolean {
    const row = this.#rows.get(key);
    return row !== undefined && this.#watchedMs - row.changedAtMs > this.#limitMs(row);
  }

  /**
   * By how many milliseconds the publisher's clock is ahead of this host's, behind it when negative;
   * 0 when they agree, undefined while that is not known.
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

  /** The row was written between the last look and now; at the first look at some time before now. */
  #measureSkew(timestampMs: number, sinceMs: number | undefined): number | undefined {
    const now = this.#options.clock.now();
    if (timestampMs > now + SKEW_TOLERANCE_MS) return timestampMs - now;
    if (sinceMs === undefined) return undefined;
    const lookedAt = now - sinceMs;
    return timestampMs < lookedAt - SKEW_TOLERANCE_MS ? timestampMs - lookedAt : 0;
  }
}
