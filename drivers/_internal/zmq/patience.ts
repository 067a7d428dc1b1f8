/** For each millisecond of waiting there are so many without. */
const REST = 20;
const MOST_EXCUSES = 20;

/**
 * How long those who send may still be held up by subscribers that are too slow: a bound at once,
 * and over any longer time a twentieth of it, however often a slow one makes a little room.
 */
export class Patience {
  readonly #mostMs: number;
  readonly #now: () => number;
  #leftMs: number;
  #reckonedAt: number;
  #waitingSince: number | undefined;
  #excuses = 0;

  /** @param now monotonic milliseconds */
  constructor(mostMs: number, now: () => number = () => performance.now()) {
    this.#mostMs = mostMs;
    this.#now = now;
    this.#leftMs = mostMs;
    this.#reckonedAt = now();
  }

  /** Whether someone has been told to wait, and nothing was sent since. */
  get isWaiting(): boolean {
    return this.#waitingSince !== undefined;
  }

  /** Someone has to wait from now on, at most the milliseconds that it returns; 0 is not at all. */
  wait(): number {
    const now = this.#now();
    if (this.#waitingSince === undefined) this.#rest(now);
    this.#waitingSince ??= now;
    return Math.max(0, this.#leftMs - (now - this.#waitingSince));
  }

  /**
   * Grants the bound once more, since no subscriber is to blame for the wait. False when that was
   * granted too often on end to be believed.
   */
  excuse(): boolean {
    if (this.#mostMs === 0 || this.#excuses >= MOST_EXCUSES) return false;
    this.#excuses++;
    this.#leftMs = this.#mostMs;
    this.#waitingSince = this.#now();
    return true;
  }

  /** A frame was sent: nobody has to wait. */
  end(): void {
    if (this.#waitingSince === undefined) return;
    const now = this.#now();
    this.#leftMs = Math.max(0, this.#leftMs - (now - this.#waitingSince));
    this.#waitingSince = undefined;
    this.#excuses = 0;
    this.#reckonedAt = now;
  }

  #rest(now: number): void {
    this.#leftMs = Math.min(this.#mostMs, this.#leftMs + (now - this.#reckonedAt) / REST);
    this.#reckonedAt = now;
  }
}
