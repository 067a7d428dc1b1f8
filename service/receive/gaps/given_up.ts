import type { Range } from "./missing_ranges.ts";

/** More of them are not told apart. */
const MAX_RANGES = 16;

/**
 * The numbers below the one that is due that never came: those before the first, those given up.
 *
 * Bounded: when there are too many ranges, the lowest two and what is between them become one. A
 * number that came is then taken for one that did not, which costs a `sync` and loses nothing.
 */
export class GivenUp {
  #ranges: Range[] = [];

  /** Adds a range above all the others, if anything is in it. */
  add({ from, to }: Range): void {
    if (from > to) return;
    this.#ranges.push({ from, to });
    if (this.#ranges.length <= MAX_RANGES) return;
    const [lowest, next, ...others] = this.#ranges;
    if (lowest === undefined || next === undefined) return;
    this.#ranges = [{ from: lowest.from, to: next.to }, ...others];
  }

  /** Whether a number is one of them. */
  has(number: number): boolean {
    return this.#ranges.some(({ from, to }) => from <= number && number <= to);
  }

  /** Forgets those from a number on. */
  cut(number: number): void {
    const below = this.#ranges.filter(({ from }) => from < number);
    this.#ranges = below.map(({ from, to }) => ({ from, to: Math.min(to, number - 1) }));
  }
}
