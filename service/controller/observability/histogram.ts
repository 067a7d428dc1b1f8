import type { Labels, Sample } from "../../publish/metric.ts";

/** Upper bounds in seconds, from a tenth of a millisecond to ten seconds. */
export const SECONDS_BOUNDS: readonly number[] = [
  ...[0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025],
  ...[0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
];

/** How often a value lay in which range, and the sum of all. Costs a few comparisons a value. */
export class Histogram {
  readonly #bounds: readonly number[];
  /** One for each bound and one for what lies above them all. */
  readonly #counts: number[];
  #sum = 0;

  /** @param bounds the upper bounds, ascending, each part of its range */
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

  /** Its samples as of now: a running total for each bound, sum and count. */
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
