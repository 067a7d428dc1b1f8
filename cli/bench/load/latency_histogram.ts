/** Values below this have a counter each; above, each doubling shares half as many. */
const EXACT = 256;
const HALF = EXACT / 2;
const EXACT_BITS = 8;
/** Larger values are counted as this one: 71 minutes in microseconds. */
const LARGEST = 2 ** 32 - 1;
const COUNTERS = (32 - EXACT_BITS) * HALF + EXACT;

/**
 * How often which latency was seen, in 27 KB however many there are.
 *
 * Values are whole, from 0: microseconds, say. Up to 255 they are counted exactly; above that, each
 * counter stands for a range of 1/128 of its lowest value at most, and a percentile is the upper end
 * of its range: never below the true one, and at most 0.8 % above. Least, largest and mean are exact.
 * Adding one costs a few operations and allocates nothing.
 */
export class LatencyHistogram {
  readonly #counts = new Float64Array(COUNTERS);
  #count = 0;
  #sum = 0;
  #min = Infinity;
  #max = -Infinity;

  /** How many values there are. */
  get count(): number {
    return this.#count;
  }

  /** The least; undefined without any. */
  get min(): number | undefined {
    return this.#count === 0 ? undefined : this.#min;
  }

  /** The largest; undefined without any. */
  get max(): number | undefined {
    return this.#count === 0 ? undefined : this.#max;
  }

  /** Their mean; undefined without any. */
  get mean(): number | undefined {
    return this.#count === 0 ? undefined : this.#sum / this.#count;
  }

  /** Adds a value; a negative one is taken for 0. */
  record(value: number): void {
    const whole = Math.max(0, Math.round(value));
    const index = indexOf(Math.min(whole, LARGEST));
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    this.#count++;
    this.#sum += whole;
    if (whole < this.#min) this.#min = whole;
    if (whole > this.#max) this.#max = whole;
  }

  /** Adds all values of another. */
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
   * The value that `percent` of all values do not exceed; undefined without any.
   *
   * @throws {RangeError} for a percentage that is not above 0 and at most 100
   */
  percentile(percent: number): number | undefined {
    if (!(percent > 0 && percent <= 100)) {
      throw new RangeError(`Percentile "percent": ${percent}, wanted above 0 and at most 100`);
    }
    if (this.#count === 0) return undefined;
    // What a fraction of a value stands above is that value; a rounding error is no fraction.
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
