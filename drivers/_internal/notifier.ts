import type { WaitOptions } from "../contract/waiting.ts";

/** Lets any number of callers wait, within bounds, for the next time something changes. */
export class Notifier {
  #waiting: (() => void)[] = [];

  notify(): void {
    const waiting = this.#waiting;
    if (waiting.length === 0) return;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  /** Resolves true at the next {@linkcode notify}, false when the time is over; an abort rejects. */
  wait(options: WaitOptions = {}): Promise<boolean> {
    const { timeoutMs, signal } = options;
    if (signal?.aborted) return Promise.reject(signal.reason);
    return new Promise((resolve, reject) => {
      const settle = (finish: () => void) => () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", onAbort);
        this.#waiting = this.#waiting.filter((wake) => wake !== onNotify);
        finish();
      };
      const onNotify = settle(() => resolve(true));
      const onAbort = settle(() => reject(signal?.reason));
      const timer = timeoutMs === undefined
        ? undefined
        : setTimeout(settle(() => resolve(false)), timeoutMs);
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#waiting.push(onNotify);
    });
  }

  /**
   * Waits until `holds` is true, looking again at every {@linkcode notify}.
   * False when `timeoutMs` is over before; an abort rejects.
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
