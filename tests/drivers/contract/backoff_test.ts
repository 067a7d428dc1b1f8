import assert from "node:assert/strict";
import { Backoff } from "../../../drivers/contract/backoff.ts";

function pauses(count: number, random?: () => number): number[] {
  const backoff = new Backoff({ firstMs: 100, maxMs: 1_000, random });
  return Array.from({ length: count }, () => backoff.next());
}

Deno.test("Backoff.next doubles to the maximum, and half of it is random", () => {
  assert.deepEqual(pauses(6, () => 1), [100, 200, 400, 800, 1_000, 1_000]);
  assert.deepEqual(pauses(6, () => 0), [50, 100, 200, 400, 500, 500]);
});

Deno.test("Backoff.next differs between two backoffs, by default", () => {
  const [one, other] = [pauses(20), pauses(20)];
  assert.notDeepEqual(one, other);
  for (const [index, full] of pauses(20, () => 1).entries()) {
    const pauseMs = one[index] ?? 0;
    assert.ok(pauseMs >= full / 2 && pauseMs <= full, `${pauseMs} of ${full}`);
  }
});

Deno.test("Backoff.next stays at the maximum, after thousands of failures", () => {
  assert.equal(pauses(5_000, () => 1).at(-1), 1_000);
});

Deno.test("Backoff.reset restarts with the first pause", () => {
  const backoff = new Backoff({ firstMs: 100, maxMs: 1_000, random: () => 1 });
  backoff.next();
  backoff.next();
  backoff.reset();
  assert.deepEqual([backoff.next(), backoff.next()], [100, 200]);
});
