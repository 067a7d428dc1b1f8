import type { Clock } from "./clock.ts";

/**
 * Allows at most `count` actions in any `windowMs`.
 *
 * The window slides: an action is allowed if fewer than `count` actions were allowed so far, or if
 * the `count`-th last one was more than `windowMs` ago. A refused action does not count, so a flood
 * of attempts does not delay the next allowed one. The time is monotonic: setting the host's clock
 * has no effect. An attempt costs one clock reading and a few array accesses.
 */
export class RateLimiter {
  /**
   * Times of the last allowed actions: a ring of `count`. `#next` is the index of the next entry.
   */
  readonly #allowed: Float64Array;
  readonly #windowMs: number;
  readonly #clock: Pick<Clock, "monotonic">;
  #next = 0;
  #used = 0;

  /**
   * Creates a limiter that has allowed nothing yet.
   *
   * @throws {RangeError} for a count that is not a whole number from 1, or a negative window
   */
  constructor(count: number, windowMs: number, clock: Pick<Clock, "monotonic">) {
    if (!Number.isSafeInteger(count) || count < 1) {
      throw new RangeError(`RateLimiter "count": ${count}, wanted a whole number, 1 or more`);
    }
    if (!(windowMs >= 0)) {
      throw new RangeError(`RateLimiter "windowMs": ${windowMs}, wanted 0 or more`);
    }
    this.#allowed = new Float64Array(count);
    this.#windowMs = windowMs;
    this.#clock = clock;
  }

  /** Whether the action is allowed now. If so, it counts. */
  tryAcquire(): boolean {
    const now = this.#clock.monotonic();
    const capacity = this.#allowed.length;
    // When the ring is full, `#next` is the index of the oldest time, which is overwritten.
    if (this.#used === capacity && !(now - (this.#allowed[this.#next] ?? 0) > this.#windowMs)) {
      return false;
    }
    this.#allowed[this.#next] = now;
    this.#next = (this.#next + 1) % capacity;
    if (this.#used < capacity) this.#used++;
    return true;
  }

  /** Undoes the latest allowed action: it failed, and should not count. */
  giveBack(): void {
    if (this.#used === 0) return;
    this.#used--;
    this.#next = (this.#next - 1 + this.#allowed.length) % this.#allowed.length;
  }
}
