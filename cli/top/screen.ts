import type { FullTerminal } from "../terminal/full_terminal.ts";
import { widthOf } from "../terminal/cells.ts";
import type { Line } from "./frame.ts";

/** Switches to the alternate screen, hides the cursor, and turns off line wrapping. */
const ENTER = "\x1b[?1049h\x1b[?25l\x1b[?7l";
const LEAVE = "\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l";
const CLEAR_ALL = "\x1b[0m\x1b[2J";
const CLEAR_REST = "\x1b[K";
const PLAIN = "\x1b[0m";
const COLOURS = { good: "\x1b[32m", warn: "\x1b[33m", bad: "\x1b[31m", heading: "\x1b[7m" };
/** Maximum time that the end waits for a terminal that accepts nothing. */
const LEAVE_MS = 1_000;

/** Options of a {@linkcode Screen}. */
export interface ScreenOptions {
  readonly terminal: FullTerminal;
  readonly hasColour: boolean;
  /** Creates the lines of a frame for the current size of the terminal. */
  readonly frame: () => readonly Line[];
}

/**
 * Draws frames on the whole terminal, and writes only changed lines. Frames are skipped while the
 * terminal is not ready for output. Disposing restores the terminal. If it accepts no output for a
 * second, only its mode is restored, when the process ends.
 */
export class Screen implements AsyncDisposable {
  readonly #options: ScreenOptions;
  readonly #resizing: Disposable;
  /** Lines on the terminal; empty after a change of its size. */
  #shown: readonly string[] = [];
  #writing: Promise<void> | undefined;
  #isWanted = false;
  #hasEnded = false;
  readonly #failed = Promise.withResolvers<never>();

  constructor(options: ScreenOptions) {
    this.#options = options;
    this.#failed.promise.catch(() => {});
    options.terminal.setRaw(true);
    this.#resizing = options.terminal.onResize(() => {
      this.#shown = [];
      this.draw();
    });
    this.#write(ENTER);
  }

  /** Rejects when the terminal can no longer be written to. */
  get failed(): Promise<never> {
    return this.#failed.promise;
  }

  /** Draws a frame as soon as the terminal has accepted the previous one. */
  draw(): void {
    this.#isWanted = !this.#hasEnded;
    if (this.#writing !== undefined || !this.#isWanted) return;
    this.#isWanted = false;
    try {
      this.#drawNow();
    } catch (error) {
      // The caller that waits for the screen receives this error, too, and restores the terminal.
      this.#failed.reject(error);
    }
  }

  #drawNow(): void {
    const lines = this.#options.frame().map((line) => this.#textOf(line));
    const isNew = this.#shown.length !== lines.length;
    const shown = isNew ? [] : this.#shown;
    const changes = lines.flatMap((line, index) =>
      line === (shown[index] ?? "") ? [] : [`\x1b[${index + 1};1H${line}`]
    );
    this.#shown = lines;
    if (isNew || changes.length > 0) this.#write((isNew ? CLEAR_ALL : "") + changes.join(""));
  }

  #textOf({ text, style }: Line): string {
    const { terminal, hasColour } = this.#options;
    const coloured = style === undefined || !hasColour ? text : `${COLOURS[style]}${text}${PLAIN}`;
    // After a line of full width the cursor still stands on its last character.
    return widthOf(text) < terminal.size.columns ? `${coloured}${CLEAR_REST}` : coloured;
  }

  #write(text: string): void {
    const { terminal } = this.#options;
    this.#writing = terminal.write(text).catch(this.#failed.reject).finally(() => {
      this.#writing = undefined;
      if (this.#isWanted) this.draw();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#isWanted = false;
    this.#resizing[Symbol.dispose]();
    const { terminal } = this.#options;
    const left = (this.#writing ?? Promise.resolve()).then(() => terminal.write(LEAVE));
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(true), LEAVE_MS);
    });
    const isStalled = await Promise.race([left.then(() => false, () => false), late]);
    clearTimeout(timer);
    // This would wait for the terminal without end; the runtime does it when the process ends.
    if (!isStalled) terminal.setRaw(false);
  }
}
