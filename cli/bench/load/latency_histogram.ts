/** Smaller values have a counter each; above, the number of counters per doubling is fixed. */
const EXACT = 256;
const HALF = EXACT / 2;
const EXACT_BITS = 8;
/** Larger values count as this one: 71 minutes in microseconds. */
const LARGEST = 2 ** 32 - 1;
const COUNTERS = (32 - EXACT_BITS) * HALF + EXACT;

/**
 * A histogram of latencies in 27 KB, regardless of their number.
 *
 * Values are whole numbers from 0, for example microseconds. Up to 255 they are counted exactly.
 * Above that, the range of a counter is at most 1/128 of its lowest value. A percentile is the
 * upper end of its range: never below the true one, and at most 0.8 % above. Minimum, maximum and
 * mean are exact. Adding a value costs a few operations and allocates nothing.
 */
export class LatencyHistogram {
  readonly #counts = new Float64Array(COUNTERS);
  #count = 0;
  #sum = 0;
  #min = Infinity;
  #max = -Infinity;

  /** Number of values. */
  get count(): number {
    return this.#count;
  }

  /** The minimum; undefined without values. */
  get min(): number | undefined {
    return this.#count === 0 ? undefined : this.#min;
  }

  /** The maximum; undefined without values. */
  get max(): number | undefined {
    return this.#count === 0 ? undefined : this.#max;
  }

  /** The mean; undefined without values. */
  get mean(): number | undefined {
    return this.#count === 0 ? undefined : this.#sum / this.#count;
  }

  /** Adds a value; a negative one counts as 0. */
  record(value: number): void {
    const whole = Math.max(0, Math.round(value));
    const index = indexOf(Math.min(whole, LARGEST));
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    this.#count++;
    this.#sum += whole;
    if (whole < this.#min) this.#min = whole;
    if (whole > this.#max) this.#max = whole;
  }

  /** Adds all values of another histogram. */
  add(other: LatencyHistogram): void {
    other.#counts.forEach((count, index) => {
      this.#counts[index] = (this.#counts[index] ?? 0) + count;
    });
    this.#count += other.#count;
    this.#sum += other.#sum;
    this.#min = Math.min(this.#min, other.#min);
    this.#max = Math.max(this.#max, other.#max);
  }

  /**
   * The value that `percent` of all values do not exceed; undefined without values.
   *
   * @throws {RangeError} for a percentage that is not above 0 and at most 100
   */
  percentile(percent: number): number | undefined {
    if (!(percent > 0 && percent <= 100)) {
      throw new RangeError(
        `Percentile "percent": ${percent}, wanted a number above 0 and at most 100`,
      );
    }
    if (this.#count === 0) return undefined;
    // A fraction rounds up to the next value, but a rounding error does not.
    let left = Math.max(1, Math.ceil(this.#count * percent / 100 - 1e-6));
    for (let index = 0; index < COUNTERS; index++) {
      left -= this.#counts[index] ?? 0;
      if (left <= 0) return Math.max(this.#min, Math.min(upperEndOf(index), this.#max));
    }
    return this.#max;
  }
}

function indexOf(value: number): number {
  const shift = Math.max(0, 32 - EXACT_BITS - Math.clz32(value));
  return shift * HALF + (value >>> shift);
}

function upperEndOf(index: number): number {
  if (index < EXACT) return index;
  const shift = Math.floor(index / HALF) - 1;
  return (index - shift * HALF + 1) * 2 ** shift - 1;
}
