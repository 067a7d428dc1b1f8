import { type PeerSelection, SORT_KEYS } from "./peer_rows.ts";

const MAX_FILTER_CHARACTERS = 60;
const PAGE_ROWS = 10;
// deno-lint-ignore no-control-regex
const KEY = /\x1b\[[0-9;]*[A-Za-z~]|\x1bO[A-Z]|[^]/gu;
const CTRL_C = "\x03";
const ESCAPE = "\x1b";
const SCROLLS: Readonly<Record<string, number>> = {
  ...{ "\x1b[A": -1, "\x1bOA": -1, k: -1, "\x1b[B": 1, "\x1bOB": 1, j: 1 },
  ...{ "\x1b[5~": -PAGE_ROWS, "\x1b[6~": PAGE_ROWS },
  ...{ "\x1b[H": -Infinity, "\x1b[1~": -Infinity, "\x1b[F": Infinity, "\x1b[4~": Infinity },
};

/** The effects of keys on the view. */
export class Controls {
  #sort = 0;
  #isReversed = false;
  #filter = "";
  #isTyping = false;
  #isPaused = false;
  #offset = 0;

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** The part of the view that keys change. */
  get shown(): PeerSelection & {
    readonly isPaused: boolean;
    readonly isTyping: boolean;
    readonly offset: number;
  } {
    return {
      sort: SORT_KEYS[this.#sort] ?? "state",
      isReversed: this.#isReversed,
      filter: this.#filter,
      isTyping: this.#isTyping,
      isPaused: this.#isPaused,
      offset: this.#offset,
    };
  }

  /**
   * Handles keys from the terminal.
   *
   * @param rows number of subscribers, for scrolling
   * @returns whether a key requested to quit
   */
  press(input: string, rows: number): boolean {
    return (input.match(KEY) ?? []).some((key) => {
      if (key === CTRL_C) return true;
      if (this.#isTyping) this.#type(key);
      else if (key === "q") return true;
      else this.#do(key, rows);
      return false;
    });
  }

  #do(key: string, rows: number): void {
    if (key === "p" || key === " ") this.#isPaused = !this.#isPaused;
    else if (key === "s") this.#sort = (this.#sort + 1) % SORT_KEYS.length;
    else if (key === "r") this.#isReversed = !this.#isReversed;
    else if (key === "/") this.#isTyping = true;
    else if (key === ESCAPE) this.#filter = "";
    else {
      const wanted = this.#offset + (SCROLLS[key] ?? 0);
      this.#offset = Math.max(0, Math.min(wanted, rows - 1));
    }
  }

  #type(key: string): void {
    if (key === "\r" || key === "\n") this.#isTyping = false;
    else if (key === ESCAPE) {
      this.#isTyping = false;
      this.#filter = "";
    } else if (key === "\x7f" || key === "\b") {
      this.#filter = [...this.#filter].slice(0, -1).join("");
    } else if (/^[^\p{C}]$/u.test(key) && this.#filter.length < MAX_FILTER_CHARACTERS) {
      this.#filter += key;
    }
    this.#offset = 0;
  }
}
