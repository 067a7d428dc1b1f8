/** Work that nobody waits for until the end, and that ends when it is told to. */
export class BackgroundTasks implements AsyncDisposable {
  readonly #running = new Set<Promise<void>>();
  readonly #abort = new AbortController();

  /** Aborted at the end. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Begins one. How it fails once the end has come is of no interest. */
  run(task: () => Promise<void>): void {
    const running = task().catch((error) => {
      if (!this.signal.aborted) throw error;
    }).finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  /** Tells all to end, and waits for them. Disposing twice is fine. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
    await Promise.all(this.#running);
  }
}
