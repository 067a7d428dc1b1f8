import type { Clock } from "./clock.ts";

/**
 * Allows at most `count` actions in any `windowMs`.
 *
 * The window slides: an action is allowed when fewer than `count` were, or when the `count`-th last
 * allowed one is more than `windowMs` ago. What was refused leaves no trace, so a flood of attempts
 * does not push the next allowed moment away. Time is the clock's monotonic one: setting the host's
 * clock neither opens nor locks the limiter. Costs one clock reading and a few array accesses.
 */
export class RateLimiter {
  /** The last allowed moments: a ring of `count`, `#next` the place of the coming one. */
  readonly #allowed: Float64Array;
  readonly #windowMs: number;
  readonly #clock: Pick<Clock, "monotonic">;
  #next = 0;
  #used = 0;

  /**
   * Nothing is used up yet.
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

  /** True when the action may go ahead, and then it counts; false when it must not. */
  tryAcquire(): boolean {
    const now = this.#clock.monotonic();
    const capacity = this.#allowed.length;
    // The ring being full, `#next` holds the oldest moment, the one to be overwritten.
    if (this.#used === capacity && !(now - (this.#allowed[this.#next] ?? 0) > this.#windowMs)) {
      return false;
    }
    this.#allowed[this.#next] = now;
    this.#next = (this.#next + 1) % capacity;
    if (this.#used < capacity) this.#used++;
    return true;
  }

  /** Takes the latest allowed action back: it failed, and must not cost the next one its turn. */
  giveBack(): void {
    if (this.#used === 0) return;
    this.#used--;
    this.#next = (this.#next - 1 + this.#allowed.length) % this.#allowed.length;
  }
}
