import type { Labels, Sample } from "./metric.ts";

/** Upper bounds in seconds, from a tenth of a millisecond to ten seconds. */
const SECONDS_BOUNDS: readonly number[] = [
  ...[0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025],
  ...[0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
];

/** Counts values by range, and sums them. A value costs a few comparisons. */
export class Histogram {
  readonly #bounds: readonly number[];
  /** One count per bound, and one for larger values. */
  readonly #counts: number[];
  #sum = 0;

  /** @param bounds the upper bounds, ascending; each belongs to its range */
  constructor(bounds: readonly number[] = SECONDS_BOUNDS) {
    this.#bounds = bounds;
    this.#counts = new Array<number>(bounds.length + 1).fill(0);
  }

  /** Adds one value. */
  observe(value: number): void {
    let index = 0;
    while (index < this.#bounds.length && value > (this.#bounds[index] ?? Infinity)) index++;
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    this.#sum += value;
  }

  /** Number of values in each range: one per bound, and one for larger values. */
  get counts(): readonly number[] {
    return this.#counts.slice();
  }

  /** The current samples: a cumulative count for each bound, sum and count. */
  samples(labels: Labels = {}): Sample[] {
    let total = 0;
    const buckets = this.#counts.map((count, index) => {
      const bound = this.#bounds[index];
      const le = bound === undefined ? "+Inf" : String(bound);
      return { suffix: "_bucket", labels: { ...labels, le }, value: total += count };
    });
    return [
      ...buckets,
      { suffix: "_sum", labels, value: this.#sum },
      { suffix: "_count", labels, value: total },
    ];
  }
}

/**
 * A quantile of the values that were added between two readings of {@linkcode Histogram.counts},
 * interpolated within its range; the last bound if it is above that.
 *
 * @returns null if no value was added
 */
export function quantileBetween(
  share: number,
  before: readonly number[],
  after: readonly number[],
  bounds: readonly number[] = SECONDS_BOUNDS,
): number | null {
  const added = after.map((count, index) => count - (before[index] ?? 0));
  const wanted = share * added.reduce((sum, count) => sum + count, 0);
  if (wanted <= 0) return null;
  let total = 0;
  for (const [index, count] of added.entries()) {
    const [low, high] = [bounds[index - 1] ?? 0, bounds[index]];
    if (high === undefined) return low;
    if (total + count >= wanted) return low + (high - low) * (wanted - total) / count;
    total += count;
  }
  return null;
}
