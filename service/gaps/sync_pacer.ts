import type { Clock } from "../clock.ts";

/** How a {@linkcode SyncPacer} paces. */
export interface SyncPacerOptions {
  /** A `sync` waits for a random part of this. */
  readonly jitterMs: number;
  /** The least time between two of one topic. */
  readonly intervalMs: number;
  /** A number from 0 to below 1, uniformly distributed. */
  readonly random: () => number;
  readonly clock: Clock;
  /** Called when the `sync` of a topic is due, or that of everything. */
  readonly onSync: (topic: string | undefined) => void;
}

/**
 * Spreads reads of the database: each topic's `sync` waits for a random time, so that nodes which
 * lost the same event do not read together, and follows the one before at a distance. Losses until
 * then share it. None is ever left out: one asked for after a `sync` was handed out gets another.
 */
export class SyncPacer {
  readonly #options: SyncPacerOptions;
  readonly #waiting = new Map<string | undefined, AbortController>();
  readonly #lastAt = new Map<string, number>();

  constructor(options: SyncPacerOptions) {
    this.#options = options;
  }

  /** How many wait. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Wants a `sync` of a topic, or of everything. */
  request(topic?: string): void {
    if (this.#waiting.has(topic) || this.#waiting.has(undefined)) return;
    if (topic === undefined) this.close();
    const wait = new AbortController();
    this.#waiting.set(topic, wait);
    void this.#syncLater(topic, wait.signal);
  }

  async #syncLater(topic: string | undefined, signal: AbortSignal): Promise<void> {
    const { clock, onSync } = this.#options;
    try {
      const waitMs = this.#waitMs(topic);
      if (waitMs > 0) await clock.sleep(waitMs, signal);
    } catch {
      return;
    }
    this.#waiting.delete(topic);
    if (topic !== undefined) this.#remember(topic, clock.monotonic());
    onSync(topic);
  }

  #waitMs(topic: string | undefined): number {
    const { jitterMs, intervalMs, random, clock } = this.#options;
    const lastAt = topic === undefined ? undefined : this.#lastAt.get(topic);
    const earliest = (lastAt ?? -Infinity) + intervalMs;
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

  /** Nothing that waits is handed out any more. */
  close(): void {
    for (const wait of this.#waiting.values()) wait.abort();
    this.#waiting.clear();
  }
}
