/** The bounds of a {@linkcode Backoff}. */
export interface BackoffOptions {
  /** The first pause, in milliseconds. */
  readonly firstMs: number;
  /** The longest pause, in milliseconds. */
  readonly maxMs: number;
  /** A number from 0 to 1, uniformly distributed; always 1 for pauses of exact length. @default Math.random */
  readonly random?: (() => number) | undefined;
}

/**
 * The pauses between attempts that fail: each is twice the one before, up to a maximum. The second
 * half of each is random, so that many clients do not try again at the same moment.
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

  /** An attempt succeeded: the next pause is the first again. */
  reset(): void {
    this.#fullMs = this.#options.firstMs;
  }
}
