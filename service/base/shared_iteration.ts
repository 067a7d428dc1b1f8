import { waitFor } from "../../drivers/contract/waiting.ts";

/** A value that was asked for and has gone to no iteration yet. */
interface Pending<T> {
  /** Counts in the order in which the source gives values. */
  readonly ticket: number;
  readonly result: Promise<IteratorResult<T, void>>;
}

/**
 * One generator that several iterations share, each value going to one of them. A signal ends an
 * iteration without loss: the value that it was waiting for goes to the next one that asks.
 */
export class SharedIteration<T> {
  readonly #source: AsyncGenerator<T, void, undefined>;
  #tickets = 0;
  /** Given back by iterations that were aborted, in the order of their tickets. */
  #returned: Pending<T>[] = [];

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

  #iterator(signal?: AbortSignal): AsyncIterator<T> {
    const end = new AbortController();
    const values = this.#values(end, signal);
    return {
      next: () => values.next(),
      return: () => {
        end.abort();
        return values.return();
      },
    };
  }

  async *#values(end: AbortController, signal?: AbortSignal): AsyncGenerator<T, void, undefined> {
    const onAbort = () => end.abort();
    signal?.addEventListener("abort", onAbort);
    try {
      while (!end.signal.aborted && !signal?.aborted) {
        const result = await this.#untilAborted(this.#take(), end.signal);
        if (result === undefined || result.done) return;
        yield result.value;
      }
    } finally {
      signal?.removeEventListener("abort", onAbort);
    }
  }

  #take(): Pending<T> {
    return this.#returned.shift() ?? { ticket: this.#tickets++, result: this.#source.next() };
  }

  async #untilAborted(
    pending: Pending<T>,
    signal: AbortSignal,
  ): Promise<IteratorResult<T, void> | undefined> {
    try {
      return await waitFor(pending.result, { signal });
    } catch (error) {
      if (!signal.aborted) throw error;
      this.#returned = [...this.#returned, pending].sort((a, b) => a.ticket - b.ticket);
      return undefined;
    }
  }
}
