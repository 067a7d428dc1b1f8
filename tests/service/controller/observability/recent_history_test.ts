import assert from "node:assert/strict";
import {
  Histogram,
  quantileBetween,
} from "../../../../service/controller/observability/histogram.ts";
import { RecentHistory } from "../../../../service/controller/observability/recent_history.ts";

function countsOf(values: readonly number[]): readonly number[] {
  const histogram = new Histogram();
  for (const value of values) histogram.observe(value);
  return histogram.counts;
}

Deno.test("quantileBetween stays within the value's bucket, and counts only values between the two readings", () => {
  const [before, after] = [countsOf([99, 99, 99]), countsOf([99, 99, 99, 1.5, 1.5, 3, 3])];
  const quantile = (share: number) => quantileBetween(share, before, after);
  assert.deepEqual([quantile(0.25), quantile(0.5), quantile(0.75), quantile(1)], [
    1.75,
    2.5,
    3.75,
    5,
  ]);
  assert.equal(quantileBetween(0.5, after, after), null);
});

Deno.test("quantileBetween is the last bound, when the value is above it", () => {
  assert.equal(quantileBetween(0.5, countsOf([]), countsOf([99])), 10);
});

Deno.test("RecentHistory computes rates from totals, with any interval between two readings", () => {
  const history = new RecentHistory();
  const none = { received: 10, sent: 20, batchCounts: [0, 0], database: { calls: 1, seconds: 9 } };
  const later = { received: 20, sent: 60, batchCounts: [4, 0] };
  const database = { calls: 5, seconds: 9.25 };
  assert.equal(history.add(none, 0, { at: 1_000, monotonic: 500 }), undefined);
  const sample = history.add({ ...later, database }, 7, { at: 3_000, monotonic: 2_500 });
  assert.deepEqual(sample, {
    ...{ at: 3_000, received: 5, sent: 20 },
    ...{ p50Ms: 0.05, p99Ms: 0.099, dbMs: 62.5, lag: 7 },
  });
  const idle = history.add({ ...later, database }, 0, { at: 4_000, monotonic: 3_500 });
  assert.deepEqual(idle, {
    ...{ at: 4_000, received: 0, sent: 0 },
    ...{ p50Ms: null, p99Ms: null, dbMs: null, lag: 0 },
  });
  assert.deepEqual(history.samples, [sample, idle]);
});

Deno.test("RecentHistory keeps one sample per second for 15 minutes", () => {
  const history = new RecentHistory();
  for (let second = 0; second <= 1_000; second++) {
    const database = { calls: 0, seconds: 0 };
    const totals = { received: second, sent: 0, batchCounts: [], database };
    history.add(totals, second, { at: second * 1_000, monotonic: second * 1_000 });
  }
  const { samples } = history;
  assert.deepEqual([samples.length, samples[0]?.lag, samples.at(-1)?.lag], [900, 101, 1_000]);
});
