import type { Logger } from "../../drivers/contract/logger.ts";
import { pause } from "../../drivers/contract/waiting.ts";
import type { Clock } from "./clock.ts";

const WINDOW_MS = 30_000;
const MAX_LINES = 10;

interface Window {
  changes: number;
  /** Writes the last line that was suppressed. */
  last: (() => void) | undefined;
}

/**
 * Limits the log lines about one connection. A peer that accepts connections and closes them again
 * causes two lines per connection. After 10 lines in 30 seconds, the log suppresses further lines
 * until these seconds are over, and then writes their number and the last one.
 */
export class ConnectionLog implements Disposable {
  readonly #log: Logger;
  readonly #clock: Pick<Clock, "sleep">;
  /** By address. */
  readonly #windows = new Map<string, Window>();
  readonly #end = new AbortController();

  constructor(log: Logger, clock: Pick<Clock, "sleep">) {
    this.#log = log;
    this.#clock = clock;
  }

  /** Logs a change of a connection with `write`, at once or later. */
  note(address: string, write: () => void): void {
    const window = this.#windows.get(address) ?? this.#open(address);
    window.changes++;
    if (window.changes <= MAX_LINES) write();
    else window.last = write;
  }

  #open(address: string): Window {
    const window: Window = { changes: 0, last: undefined };
    this.#windows.set(address, window);
    void pause(WINDOW_MS, this.#end.signal, this.#clock).then((isOver) => {
      if (isOver) this.#close(address, window);
    });
    return window;
  }

  #close(address: string, { changes, last }: Window): void {
    this.#windows.delete(address);
    if (last === undefined) return;
    const more = changes - MAX_LINES;
    this.#log.warn(
      `${address} changed ${more} more times within ${WINDOW_MS / 1000} s; the last change:`,
    );
    last();
  }

  /** Stops the log. It does not write the suppressed lines. */
  [Symbol.dispose](): void {
    this.#end.abort();
  }
}
