import { sleep } from "../../../contract/waiting.ts";

const SLICE_MS = 1;

/** Keeps long work in the background: after each slice it pauses for as long as the slice took. */
export class Rest {
  #since = performance.now();

  /** Pauses if a slice of work is done. */
  async take(): Promise<void> {
    const workedMs = performance.now() - this.#since;
    if (workedMs < SLICE_MS) return;
    await sleep(workedMs);
    this.again();
  }

  /** Work begins again after something else. */
  again(): void {
    this.#since = performance.now();
  }
}
