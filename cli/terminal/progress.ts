import type { Output } from "./io.ts";

const EVERY_MS = 500;
const CLEAR_LINE = "\r\x1b[K";

/** A line on the terminal that tells how far a long command has come; nothing elsewhere. */
export class Progress {
  readonly #output: Output;
  readonly #isShown: boolean;
  #nextAt = performance.now() + EVERY_MS;
  #isOnLine = false;

  constructor(output: Output, isQuiet: boolean) {
    this.#output = output;
    this.#isShown = output.isTerminal && !isQuiet;
  }

  /** Shows `text()` if it is time to. Call it as often as you like. */
  show(text: () => string): void {
    if (!this.#isShown || performance.now() < this.#nextAt) return;
    this.#nextAt = performance.now() + EVERY_MS;
    this.#isOnLine = true;
    this.#output.write(`${CLEAR_LINE}${text()}`);
  }

  /** Clears the line for what is to be said next. */
  clear(): void {
    if (this.#isOnLine) this.#output.write(CLEAR_LINE);
    this.#isOnLine = false;
  }
}
