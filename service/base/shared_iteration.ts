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
  readonly #source: Pick<AsyncGenerator<T, void>, "next">;
  /** The iterations that wait, in the order in which they asked. */
  #waiters: Waiter<T>[] = [];
  /** What the source was asked for, until an iteration gets it: a value, its end or its error. */
  #pending: Promise<IteratorResult<T, void>> | undefined;
  /** Whether a waiter gets it as soon as it is there. */
  #isAwaited = false;
  readonly #give = (result: IteratorResult<T, void>) => {
    const waiter = this.#nextWaiter();
    waiter?.resolve(result);
    if (result.done) waiter?.end();
    this.#ask();
  };
  readonly #fail = (error: unknown) => {
    const waiter = this.#nextWaiter();
    waiter?.reject(error);
    waiter?.end();
    this.#ask();
  };

  /** Nothing is asked for yet. */
  constructor(source: Pick<AsyncGenerator<T, void>, "next">) {
    this.#source = source;
  }

  /**
   * The values, until the source ends or the signal aborts. The result can be iterated again, and
   * then continues. `return` ends an iterator at once, even while it waits.
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

  /** The waiter that gets what the source gave. Without one, the next that asks gets it. */
  #nextWaiter(): Waiter<T> | undefined {
    this.#isAwaited = false;
    const waiter = this.#waiters.shift();
    if (waiter !== undefined) this.#pending = undefined;
    return waiter;
  }

  #ask(): void {
    if (this.#isAwaited || this.#waiters.length === 0) return;
    this.#isAwaited = true;
    this.#pending ??= this.#source.next();
    this.#pending.then(this.#give, this.#fail);
  }
}
