import assert from "node:assert/strict";

/** The values written to one row, and the newest value that an observer has seen. */
export class KeyHistory {
  readonly #key: string;
  /** The row after each write, beginning with its absence. Null means absent. */
  readonly #values: (string | null)[] = [null];
  #observe = 0;

  constructor(key: string) {
    this.#key = key;
  }

  /**
   * Returns the next state of the row: null for a deletion of an existing row, otherwise a value
   * that was never used before.
   */
  next(isToGo: boolean): { readonly action: string; readonly value: string | null } {
    const isThere = this.#values.at(-1) !== null;
    const value = isToGo && isThere ? null : `${this.#key}${this.#values.length}`;
    this.#values.push(value);
    return { action: value === null ? "delete" : isThere ? "set" : "create", value };
  }

  /** Fails when the observer sees a value that is older than the last one it saw. */
  observe(value: string | null): void {
    const place = this.#values.indexOf(value, this.#observe);
    const before = this.#values[this.#observe];
    assert(place >= 0, `"${this.#key}": observed ${value} after ${before} of ${this.#values}`);
    this.#observe = place;
  }
}
