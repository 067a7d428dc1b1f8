import assert from "node:assert/strict";
import { Schedule } from "../../../../cli/bench/load/schedule.ts";

const ALL = Infinity;

Deno.test("Schedule has the first event due at its start, and later events at the given rate", () => {
  const schedule = new Schedule(1_000, 50);
  assert.equal(schedule.take(50, ALL), 1);
  assert.equal(schedule.take(50.9, ALL), 0);
  assert.equal(schedule.take(51, ALL), 1);
  assert.equal(schedule.take(61, ALL), 10);
});

Deno.test("Schedule keeps its rate, for any wake-up times", () => {
  const schedule = new Schedule(30_000, 0);
  let taken = 0;
  for (let now = 0; now <= 10_000; now += 1.37) taken += schedule.take(now, ALL);
  assert(Math.abs(taken - 300_000) <= 60, `${taken} events`);
});

Deno.test("Schedule leaves events above the maximum to the next call", () => {
  const schedule = new Schedule(1_000, 0);
  assert.deepEqual([schedule.take(9, 4), schedule.take(9, 4), schedule.take(9, 4)], [4, 4, 2]);
});

Deno.test("Schedule catches up at most a tenth of a second, when it was delayed", () => {
  const schedule = new Schedule(1_000, 0);
  schedule.take(0, ALL);
  assert.equal(schedule.take(60_000, ALL), 101);
});

Deno.test("Schedule returns the time until the next event", () => {
  const schedule = new Schedule(4, 1_000);
  assert.equal(schedule.waitMs(900), 100);
  schedule.take(1_000, ALL);
  assert.equal(schedule.waitMs(1_100), 150);
  assert.equal(schedule.waitMs(2_000), 0);
});

Deno.test("Schedule without a rate returns the maximum, and never waits", () => {
  const schedule = new Schedule(undefined, 0);
  assert.equal(schedule.take(0, 256), 256);
  assert.equal(schedule.waitMs(0), 0);
});
