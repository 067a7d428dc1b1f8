import type { Clock } from "./clock.ts";

/** The limit of a {@linkcode RateLimiter}, which may change. */
export interface RateLimit {
  /** Maximum number of actions in the window. */
  readonly count: number;
  readonly windowMs: number;
}

/**
 * Allows at most `count` actions in any `windowMs`.
 *
 * The window slides: an action is allowed if fewer than `count` actions were allowed in the last
 * `windowMs`. A refused action does not count, so a flood of attempts does not delay the next
 * allowed one. The time is monotonic: setting the host's clock has no effect.
 */
export class RateLimiter {
  readonly #limit: RateLimit;
  readonly #clock: Pick<Clock, "monotonic">;
  /** Times of the allowed actions in the window, the oldest first. */
  readonly #allowed: number[] = [];

  /** Creates a limiter that has allowed nothing yet. */
  constructor(limit: RateLimit, clock: Pick<Clock, "monotonic">) {
    this.#limit = limit;
    this.#clock = clock;
  }

  /** Whether the action is allowed now. If so, it counts. */
  tryAcquire(): boolean {
    const { count, windowMs } = this.#limit;
    const now = this.#clock.monotonic();
    while (now - (this.#allowed[0] ?? now) > windowMs) this.#allowed.shift();
    if (this.#allowed.length >= count) return false;
    this.#allowed.push(now);
    return true;
  }

  /** Undoes the latest allowed action: it failed, and should not count. */
  giveBack(): void {
    this.#allowed.pop();
  }
}
