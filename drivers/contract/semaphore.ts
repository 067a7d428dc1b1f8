import { type WaitBounds, waitFor } from "./waiting.ts";

/** A number of permits. Callers that find none free wait, and are served in their order. */
export class Semaphore {
  #free: number;
  readonly #waiting = new Set<() => void>();

  /** Creates it with all permits free. */
  constructor(permits: number) {
    this.#free = permits;
  }

  /** Whether a permit is free, and no caller waits. */
  get isFree(): boolean {
    return this.#free > 0;
  }

  /**
   * Resolves with a permit, which becomes free again when it is disposed.
   *
   * @param late throws the error of a wait that timed out. @default throws a `TimeoutError`
   */
  async acquire(bounds?: WaitBounds, late?: () => never): Promise<Disposable> {
    bounds?.signal?.throwIfAborted();
    if (this.#free > 0) this.#free--;
    else await this.#wait(bounds, late);
    return { [Symbol.dispose]: () => this.#release() };
  }

  async #wait(bounds: WaitBounds | undefined, late?: () => never): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.add(resolve);
    try {
      await waitFor(promise, bounds ?? {}, late);
    } catch (error) {
      // The permit may have been granted at the same moment: the next caller gets it.
      if (!this.#waiting.delete(resolve)) this.#release();
      throw error;
    }
  }

  /** Grants the permit to the first waiting caller at once, so that no other caller can take it. */
  #release(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#free++;
    } else {
      this.#waiting.delete(next);
      next();
    }
  }
}
