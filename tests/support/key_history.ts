import assert from "node:assert/strict";

/** What was written to one row, and how far an observer of it has come. */
export class KeyHistory {
  readonly #key: string;
  /** The row after each write, from its absence on; null is absence. */
  readonly #values: (string | null)[] = [null];
  #heard = 0;

  constructor(key: string) {
    this.#key = key;
  }

  /** The next state of the row: gone, if it is there and is to go, else a value never seen before. */
  next(isToGo: boolean): { readonly action: string; readonly value: string | null } {
    const isThere = this.#values.at(-1) !== null;
    const value = isToGo && isThere ? null : `${this.#key}${this.#values.length}`;
    this.#values.push(value);
    return { action: value === null ? "delete" : isThere ? "set" : "create", value };
  }

  /** Fails when what was heard is older than what was heard before. */
  heard(value: string | null): void {
    const place = this.#values.indexOf(value, this.#heard);
    const before = this.#values[this.#heard];
    assert(place >= 0, `"${this.#key}": heard ${value} after ${before} of ${this.#values}`);
    this.#heard = place;
  }
}
