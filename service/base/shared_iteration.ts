/** An iteration that waits for a value. */
interface Waiter<T> {
  /** Identifies the iteration, and ends it. */
  readonly end: () => void;
  readonly resolve: (result: IteratorResult<T, void>) => void;
  readonly reject: (error: unknown) => void;
}

const DONE: IteratorResult<never, void> = { done: true, value: undefined };

/**
 * One generator that several iterations share, each value going to one of them. A signal ends an
 * iteration without loss: the value that it was waiting for goes to the next one that asks.
 */
export class SharedIteration<T> {
  readonly #source: AsyncGenerator<T, void, undefined>;
  /** The iterations that wait, in the order in which they asked. */
  #waiters: Waiter<T>[] = [];
  /** Whether the source is asked for a value. */
  #isAsked = false;
  /** A value that no iteration waited for any more when it arrived. */
  #kept: IteratorResult<T, void> | undefined;
  readonly #give = (result: IteratorResult<T, void>) => {
    const waiter = this.#waiters.shift();
    this.#isAsked = false;
    this.#kept = waiter === undefined ? result : undefined;
    waiter?.resolve(result);
    if (result.done) waiter?.end();
    this.#ask();
  };
  readonly #fail = (error: unknown) => {
    this.#isAsked = false;
    this.#waiters.shift()?.reject(error);
    this.#ask();
  };

  /** Nothing is asked for yet. */
  constructor(source: AsyncGenerator<T, void, undefined>) {
    this.#source = source;
  }

  /**
   * The values, until the source ends or the signal aborts. They may be iterated again. An iterator
   * that is returned while it waits ends at once.
   */
  iterate(signal?: AbortSignal): AsyncIterable<T> {
    return { [Symbol.asyncIterator]: () => this.#iterator(signal) };
  }

  #iterator(signal?: AbortSignal): AsyncIterator<T, void> {
    let isEnded = signal?.aborted === true;
    const end = () => {
      isEnded = true;
      signal?.removeEventListener("abort", end);
      const ended = this.#waiters.filter((waiter) => waiter.end === end);
      this.#waiters = this.#waiters.filter((waiter) => waiter.end !== end);
      for (const { resolve } of ended) resolve(DONE);
    };
    signal?.addEventListener("abort", end);
    return {
      next: () => isEnded ? Promise.resolve(DONE) : this.#next(end),
      return: () => {
        end();
        return Promise.resolve(DONE);
      },
    };
  }

  #next(end: () => void): Promise<IteratorResult<T, void>> {
    return new Promise((resolve, reject) => {
      this.#waiters.push({ end, resolve, reject });
      this.#ask();
    });
  }

  #ask(): void {
    if (this.#isAsked || this.#waiters.length === 0) return;
    if (this.#kept !== undefined) return this.#give(this.#kept);
    this.#isAsked = true;
    this.#source.next().then(this.#give, this.#fail);
  }
}
