/**
 * Since when what is believed of a publisher is contradicted, again and again. Whoever goes on
 * passing numbers over must not make each contradiction look like the first.
 */
export class Doubt {
  readonly #pauseMs: number;
  #since = -Infinity;
  #lastAt = -Infinity;

  /** @param pauseMs when none came for so long, the next is the first again */
  constructor(pauseMs: number) {
    this.#pauseMs = pauseMs;
  }

  /** It is contradicted now. @returns when that began */
  note(now: number): number {
    if (now - this.#lastAt > this.#pauseMs) this.#since = now;
    this.#lastAt = now;
    return this.#since;
  }

  /** What is believed is no longer what was contradicted. */
  end(): void {
    this.#lastAt = -Infinity;
  }
}
