import type { Output } from "./io.ts";

const EVERY_MS = 500;
const CLEAR_LINE = "\r\x1b[K";

/** A line on the terminal that shows the progress of a long command; nothing elsewhere. */
export class Progress {
  readonly #output: Output;
  readonly #isShown: boolean;
  #nextAt = performance.now() + EVERY_MS;
  #isOnLine = false;

  constructor(output: Output, isQuiet: boolean) {
    this.#output = output;
    this.#isShown = output.isTerminal && !isQuiet;
  }

  /** Shows `text()` if the last update is old enough. May be called at any rate. */
  show(text: () => string): void {
    if (!this.#isShown || performance.now() < this.#nextAt) return;
    this.#nextAt = performance.now() + EVERY_MS;
    this.#isOnLine = true;
    this.#output.write(`${CLEAR_LINE}${text()}`);
  }

  /** Clears the line before other output. */
  clear(): void {
    if (this.#isOnLine) this.#output.write(CLEAR_LINE);
    this.#isOnLine = false;
  }
}
