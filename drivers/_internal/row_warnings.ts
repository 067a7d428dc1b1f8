import type { LogFields, Logger } from "../contract/logger.ts";

/** Maximum number of rows that are remembered. */
const MAX_REMEMBERED = 10_000;

/** Warns of each invalid row once, however often it is read. */
export class RowWarnings {
  readonly #log: Logger;
  readonly #place: string;
  readonly #reported = new Set<string>();

  /** @param place the database, at the beginning of each warning: `Redis "redis://192.0.2.1:6379"` */
  constructor(log: Logger, place: string) {
    this.#log = log;
    this.#place = place;
  }

  /** Whether the row was reported. */
  has(row: string): boolean {
    return this.#reported.has(row);
  }

  /** @param row identifies it */
  warn(row: string, message: string, fields?: LogFields): void {
    if (this.#reported.has(row)) return;
    if (this.#reported.size >= MAX_REMEMBERED) this.#reported.clear();
    this.#reported.add(row);
    this.#log.warn(`${this.#place}: ${message}`, fields);
  }
}
