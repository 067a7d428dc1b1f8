import assert from "node:assert/strict";
import { LatencyHistogram } from "../../../../cli/bench/load/latency_histogram.ts";
import { Random } from "../../../service/event/codec/random_documents.ts";

const PERCENTS = [0.01, 1, 25, 50, 75, 90, 95, 99, 99.9, 99.99, 100];

function filled(values: readonly number[]): LatencyHistogram {
  const histogram = new LatencyHistogram();
  for (const value of values) histogram.record(value);
  return histogram;
}

/** The value that the given percentage of values do not exceed, computed by sorting. */
function exact(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(1, Math.ceil(values.length * percent / 100 - 1e-6)) - 1] ?? NaN;
}

Deno.test("LatencyHistogram is at most 0.8 % above the exact percentiles, and never below", () => {
  for (const seed of [1, 2, 3]) {
    const random = new Random(seed);
    // From microseconds to an hour, equally many in each octave.
    const values = Array.from({ length: 20_000 }, () => Math.round(2 ** (random.next() * 31.9)));
    const histogram = filled(values);
    for (const percent of PERCENTS) {
      const [is, wanted] = [histogram.percentile(percent) ?? NaN, exact(values, percent)];
      assert(is >= wanted && is <= wanted * 1.008, `seed ${seed}, p${percent}: ${is}, ${wanted}`);
    }
  }
});

Deno.test("LatencyHistogram is exact below 256, and for minimum, maximum and mean", () => {
  const random = new Random(4);
  const small = Array.from({ length: 1_000 }, () => Math.floor(random.next() * 256));
  const histogram = filled(small);
  for (const percent of PERCENTS) {
    assert.equal(histogram.percentile(percent), exact(small, percent), `p${percent}`);
  }
  const { min, max, mean, count } = filled([1_000_003, 7, 300_000_001]);
  assert.deepEqual([min, max, mean, count], [7, 300_000_001, 301_000_011 / 3, 3]);
});

Deno.test("LatencyHistogram never returns more than the maximum or less than the minimum", () => {
  const one = filled([1_000_001]);
  for (const percent of PERCENTS) assert.equal(one.percentile(percent), 1_000_001);
  const beyond = filled([2 ** 40]);
  assert.equal(beyond.percentile(50), 2 ** 40);
});

Deno.test("LatencyHistogram counts a negative value as 0 and rounds to whole numbers", () => {
  const { min, max, count } = filled([-5, 0.4, 2.6]);
  assert.deepEqual([min, max, count], [0, 3, 3]);
});

Deno.test("LatencyHistogram.add merges another histogram as if all values were its own", () => {
  const random = new Random(5);
  const values = Array.from({ length: 5_000 }, () => Math.round(2 ** (random.next() * 24)));
  const sum = filled(values.slice(0, 2_000));
  sum.add(filled(values.slice(2_000)));
  sum.add(new LatencyHistogram());
  const whole = filled(values);
  assert.deepEqual([sum.count, sum.min, sum.max], [whole.count, whole.min, whole.max]);
  for (const percent of PERCENTS) {
    assert.equal(sum.percentile(percent), whole.percentile(percent));
  }
});

Deno.test("LatencyHistogram returns no figure without values, and refuses an invalid percentage", () => {
  const none = new LatencyHistogram();
  const { min, max, mean } = none;
  assert.deepEqual([min, max, mean, none.percentile(50)], [
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
  for (const percent of [0, -1, 100.1, NaN]) {
    assert.throws(
      () => none.percentile(percent),
      /"percent": .*wanted a number above 0 and at most 100/,
    );
  }
});
