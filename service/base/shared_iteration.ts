import { Semaphore } from "../../drivers/contract/semaphore.ts";
import { waitFor } from "../../drivers/contract/waiting.ts";

/**
 * One source of values that several iterations share, each value going to one of them. A signal ends
 * an iteration without loss: a value that it was waiting for goes to the next one.
 */
export class SharedIteration<T> {
  readonly #source: AsyncIterator<T, void, undefined>;
  readonly #turn = new Semaphore(1);
  /** Asked for, and not handed out yet. */
  #next: Promise<IteratorResult<T, void>> | undefined;

  /** Nothing is asked for yet. */
  constructor(source: AsyncIterable<T, void, undefined>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** The values, until the source ends or the signal aborts. */
  async *iterate(signal?: AbortSignal): AsyncGenerator<T, void, undefined> {
    try {
      for (;;) {
        const { done, value } = await this.#take(signal);
        if (done) return;
        yield value;
      }
    } catch (error) {
      if (signal?.aborted !== true || error !== signal.reason) throw error;
    }
  }

  /** The next value. @throws the signal's reason when it aborts before, and what the source throws */
  async #take(signal: AbortSignal | undefined): Promise<IteratorResult<T, void>> {
    using _ = await this.#turn.acquire({ signal });
    const next = this.#next ??= this.#source.next();
    const result = await waitFor(next, { signal });
    this.#next = undefined;
    return result;
  }
}
