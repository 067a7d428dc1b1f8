import assert from "node:assert/strict";
import { setImmediate, setTimeout } from "node:timers/promises";
import { systemClock } from "../../../service/base/clock.ts";

const YEAR_MS = 365 * 24 * 3_600_000;

Deno.test("systemClock.sleep waits, when the duration exceeds the maximum of a timer", async () => {
  const abort = new AbortController();
  let isAwake = false;
  const sleeping = systemClock.sleep(YEAR_MS, abort.signal).finally(() => isAwake = true);
  await setTimeout(20);
  assert.equal(isAwake, false);
  abort.abort(new Error("enough"));
  await assert.rejects(sleeping, /enough/);
});

Deno.test("systemClock.sleep rejects at once, when its signal is already aborted", async () => {
  await assert.rejects(systemClock.sleep(YEAR_MS, AbortSignal.abort(new Error("no"))), /no/);
  await setImmediate();
});

Deno.test("systemClock returns microseconds that follow the wall clock", () => {
  const before = Date.now();
  const micros = systemClock.micros();
  assert(Number.isSafeInteger(micros));
  assert(micros >= (before - 3) * 1000 && micros <= (Date.now() + 3) * 1000);
});
