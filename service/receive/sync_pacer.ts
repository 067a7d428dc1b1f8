import type { Clock } from "../base/clock.ts";
import { pause } from "../../drivers/contract/waiting.ts";

/** Options of a {@linkcode SyncPacer}. */
export interface SyncPacerOptions {
  /** Maximum random delay of a `sync`. */
  readonly jitterMs: number;
  /** Minimum time between two syncs of one topic. */
  readonly intervalMs: number;
  /** Returns a number from 0 to below 1, uniformly distributed. */
  readonly random: () => number;
  readonly clock: Clock;
  /** Called when a topic's `sync` is due. */
  readonly onSync: (topic: string) => void;
}

/**
 * Spreads reads of the database. Each `sync` of a topic waits for a random time, so that nodes that
 * lost the same event do not read together. It also keeps a minimum distance to the previous one.
 * Losses in between share a `sync`. A request after a `sync` always causes another.
 */
export class SyncPacer {
  readonly #options: SyncPacerOptions;
  readonly #waiting = new Map<string, AbortController>();
  readonly #lastAt = new Map<string, number>();
  #isClosed = false;

  constructor(options: SyncPacerOptions) {
    this.#options = options;
  }

  /** Requests a `sync` of a topic; does nothing after {@linkcode close}. */
  request(topic: string): void {
    if (this.#isClosed || this.#waiting.has(topic)) return;
    const wait = new AbortController();
    this.#waiting.set(topic, wait);
    void this.#syncLater(topic, wait.signal);
  }

  async #syncLater(topic: string, signal: AbortSignal): Promise<void> {
    const { clock, onSync } = this.#options;
    if (!await pause(this.#waitMs(topic), signal, clock)) return;
    this.#waiting.delete(topic);
    this.#remember(topic, clock.monotonic());
    onSync(topic);
  }

  #waitMs(topic: string): number {
    const { jitterMs, intervalMs, random, clock } = this.#options;
    const earliest = (this.#lastAt.get(topic) ?? -Infinity) + intervalMs;
    return Math.max(0, earliest - clock.monotonic()) + jitterMs * random();
  }

  #remember(topic: string, now: number): void {
    for (const [other, at] of this.#lastAt) {
      if (at > now - this.#options.intervalMs) break;
      this.#lastAt.delete(other);
    }
    this.#lastAt.delete(topic);
    this.#lastAt.set(topic, now);
  }

  /** Cancels the pending syncs, or that of one topic: another `sync` replaces them. */
  cover(topic?: string): void {
    for (const each of topic === undefined ? [...this.#waiting.keys()] : [topic]) {
      this.#waiting.get(each)?.abort();
      this.#waiting.delete(each);
    }
  }

  /** Cancels the pending syncs and ignores later requests. */
  close(): void {
    this.#isClosed = true;
    this.cover();
  }
}
