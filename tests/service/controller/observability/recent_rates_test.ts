import assert from "node:assert/strict";
import { RecentRates } from "../../../../service/controller/observability/recent_rates.ts";

function counts(values: Readonly<Record<string, number>>): ReadonlyMap<string, number> {
  return new Map(Object.entries(values));
}

Deno.test("RecentRates returns changes per second, the largest first", () => {
  const rates = new RecentRates();
  assert.deepEqual(rates.add(counts({ a: 1, b: 2, c: 3 }), 1_000), []);
  const changed = rates.add(counts({ a: 2, b: 12, c: 3, d: 1 }), 3_000);
  assert.deepEqual(changed, [["b", 5], ["a", 0.5], ["d", 0.5]]);
  assert.deepEqual(rates.add(counts({ a: 2, b: 12, c: 3, d: 1 }), 4_000), []);
});

Deno.test("RecentRates counts 0 for a name whose total restarts, and starts afresh on request", () => {
  const rates = new RecentRates();
  rates.add(counts({ a: 100 }), 0);
  assert.deepEqual(rates.add(counts({ a: 3 }), 1_000), []);
  assert.deepEqual(rates.add(counts({ a: 5 }), 2_000), [["a", 2]]);
  rates.forget();
  assert.deepEqual(rates.add(counts({ a: 50 }), 3_000), []);
});

Deno.test("RecentRates returns at most 20 names, and none when no time has passed", () => {
  const rates = new RecentRates();
  rates.add(counts({}), 0);
  const many = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`t${index}`, index]));
  const given = rates.add(counts(many), 1_000);
  assert.deepEqual([given.length, given[0]], [20, ["t49", 49]]);
  assert.deepEqual(rates.add(counts({ t1: 9 }), 1_000), []);
});
