import { waitFor, type WaitOptions } from "../contract/waiting.ts";

/** Lets any number of callers wait, within bounds, for the next change. */
export class Notifier {
  #waiting: (() => void)[] = [];

  /** Wakes every caller that waits. */
  notify(): void {
    const waiting = this.#waiting;
    if (waiting.length === 0) return;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  /** Resolves true at the next {@linkcode notify}, false after the timeout; rejects on abort. */
  async wait(options: WaitOptions = {}): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const wake = () => resolve(true);
    this.#waiting.push(wake);
    try {
      return await waitFor(promise, options, () => false);
    } finally {
      this.#waiting = this.#waiting.filter((each) => each !== wake);
    }
  }

  /**
   * Waits until `holds` returns true, which it calls at every {@linkcode notify}. Resolves false
   * after `timeoutMs`; rejects on abort.
   */
  async until(holds: () => boolean, options: WaitOptions = {}): Promise<boolean> {
    const deadline = options.timeoutMs === undefined
      ? Infinity
      : performance.now() + options.timeoutMs;
    options.signal?.throwIfAborted();
    while (!holds()) {
      const left = deadline - performance.now();
      if (left <= 0) return false;
      await this.wait(left === Infinity ? options : { ...options, timeoutMs: left });
    }
    return true;
  }
}
