import assert from "node:assert/strict";
import { UntilReady } from "../../../cli/subscribe/snapshot.ts";

Deno.test("UntilReady hands on what came before somebody was there, then all that comes", () => {
  const values = new UntilReady<number>();
  const taken: number[] = [];
  values.push(1);
  values.push(2);
  values.open((value) => taken.push(value));
  values.push(3);
  assert.deepEqual(taken, [1, 2, 3]);
});

Deno.test("UntilReady keeps the newest, when too many come before somebody is there", () => {
  const values = new UntilReady<number>();
  const taken: number[] = [];
  for (let value = 0; value < 10_005; value++) values.push(value);
  values.open((value) => taken.push(value));
  assert.deepEqual([taken.length, taken[0]], [10_000, 5]);
});
