import { systemClock } from "../service/clock.ts";

/** Holds a command to so many steps a second. */
export class Pace {
  readonly #intervalMs: number;
  readonly #signal: AbortSignal;
  readonly #start = performance.now();
  #steps = 0;

  /** @param rate steps a second; undefined for as many as there are */
  constructor(rate: number | undefined, signal: AbortSignal) {
    this.#intervalMs = rate === undefined ? 0 : 1000 / rate;
    this.#signal = signal;
  }

  /** Waits until the next step is due. False when interrupted. */
  async next(): Promise<boolean> {
    const waitMs = this.#start + ++this.#steps * this.#intervalMs - performance.now();
    if (this.#intervalMs > 0 && waitMs > 0) {
      await systemClock.sleep(waitMs, this.#signal).catch(() => {});
    }
    return !this.#signal.aborted;
  }
}
