/** Options of a {@linkcode Backoff}. */
export interface BackoffOptions {
  /** The first pause, in milliseconds. */
  readonly firstMs: number;
  /** The maximum pause, in milliseconds. */
  readonly maxMs: number;
  /**
   * Returns a number from 0 to 1, uniformly distributed; always 1 for pauses of exact length.
   * @default Math.random
   */
  readonly random?: (() => number) | undefined;
}

/**
 * The pauses between failed attempts: each is twice the previous one, up to a maximum. The second
 * half of each is random, so that many clients do not retry at the same moment.
 */
export class Backoff {
  readonly #options: BackoffOptions;
  #fullMs: number;

  constructor(options: BackoffOptions) {
    this.#options = options;
    this.#fullMs = options.firstMs;
  }

  /** The pause before the next attempt, in milliseconds, at most `limitMs`. */
  next(limitMs = Infinity): number {
    const { maxMs, random = Math.random } = this.#options;
    const fullMs = Math.min(this.#fullMs, maxMs);
    this.#fullMs = 2 * fullMs;
    return Math.min(fullMs, limitMs) * (0.5 + random() / 2);
  }

  /** Resets after a success: the next pause is the first one. */
  reset(): void {
    this.#fullMs = this.#options.firstMs;
  }
}
