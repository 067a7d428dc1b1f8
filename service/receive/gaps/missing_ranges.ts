/** Numbers from one to another, both included. */
export interface Range {
  /** The lowest. */
  readonly from: number;
  /** The highest. */
  readonly to: number;
}

/** Numbers that have not come, as ranges in ascending order that do not overlap. */
export class MissingRanges {
  #ranges: Range[] = [];

  /** Whether nothing is missing. */
  get isEmpty(): boolean {
    return this.#ranges.length === 0;
  }

  /** How many ranges there are. */
  get count(): number {
    return this.#ranges.length;
  }

  /** The lowest range. */
  get first(): Range | undefined {
    return this.#ranges[0];
  }

  /** Adds a range above all the others. */
  add(from: number, to: number): void {
    this.#ranges.push({ from, to });
  }

  /** Takes one number out. False when it was not missing. */
  take(number: number): boolean {
    const at = this.#ranges.findIndex(({ from, to }) => from <= number && number <= to);
    const range = this.#ranges[at];
    if (range === undefined) return false;
    this.#ranges.splice(at, 1, ...without(range, number));
    return true;
  }

  /** Takes out the numbers of the lowest range up to `to`, and returns them. */
  takeFirst(to: number): Range | undefined {
    const range = this.#ranges.shift();
    if (range === undefined) return undefined;
    if (to >= range.to) return range;
    this.#ranges.unshift({ from: to + 1, to: range.to });
    return { from: range.from, to };
  }

  /** Takes everything out, and returns it. */
  takeAll(): Range[] {
    const ranges = this.#ranges;
    this.#ranges = [];
    return ranges;
  }
}

function without({ from, to }: Range, number: number): Range[] {
  const below = number > from ? [{ from, to: number - 1 }] : [];
  const above = number < to ? [{ from: number + 1, to }] : [];
  return [...below, ...above];
}
