import type { Labels, Sample } from "./metric.ts";

/** Upper bounds, from a tenth of a millisecond to ten seconds; each belongs to its range. */
const SECONDS_BOUNDS: readonly number[] = [
  ...[0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025],
  ...[0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
];

/** Counts durations in seconds by range, and sums them. One costs a few comparisons. */
export class Histogram {
  /** One count per bound, and one for larger values. */
  readonly #counts = new Array<number>(SECONDS_BOUNDS.length + 1).fill(0);
  #sum = 0;

  /** Adds one value. */
  observe(value: number): void {
    let index = 0;
    while (value > (SECONDS_BOUNDS[index] ?? Infinity)) index++;
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
      const bound = SECONDS_BOUNDS[index];
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
): number | null {
  const added = after.map((count, index) => count - (before[index] ?? 0));
  const wanted = share * added.reduce((sum, count) => sum + count, 0);
  if (wanted <= 0) return null;
  let total = 0;
  for (const [index, count] of added.entries()) {
    const [low, high] = [SECONDS_BOUNDS[index - 1] ?? 0, SECONDS_BOUNDS[index]];
    if (high === undefined) return low;
    if (total + count >= wanted) return low + (high - low) * (wanted - total) / count;
    total += count;
  }
  return null;
}
