/** More than these are not kept: the oldest go. */
const MOST = 10_000;

/** Keeps what comes while there is nobody yet to take it. */
export class UntilReady<T> {
  #kept: T[] = [];
  #take: ((value: T) => void) | undefined;

  /** Hands it on, now or once somebody is there. */
  push(value: T): void {
    if (this.#take !== undefined) return this.#take(value);
    this.#kept.push(value);
    if (this.#kept.length > MOST) this.#kept.shift();
  }

  /** Takes what has come, in its order, and from now on all that comes. */
  open(take: (value: T) => void): void {
    for (const value of this.#kept) take(value);
    this.#kept = [];
    this.#take = take;
  }
}
