import assert from "node:assert/strict";
import { Pace } from "../../../cli/sending/pace.ts";
import { FakeClock } from "../../support/fakes/fake_clock.ts";

const never = new AbortController().signal;

/** The number of steps taken within a number of milliseconds. */
async function stepsIn(ms: number, pace: Pace, clock: FakeClock): Promise<number> {
  const stop = new AbortController();
  let steps = 0;
  const stepping = (async () => {
    while (!stop.signal.aborted && await pace.next()) steps++;
  })();
  await clock.advance(ms);
  const taken = steps;
  stop.abort();
  await clock.advance(1_000);
  await stepping;
  return taken;
}

Deno.test("Pace takes the first step at once, and later steps at the given rate", async () => {
  const clock = new FakeClock();
  assert.equal(await stepsIn(0, new Pace(10, never, clock), clock), 1);
  assert.equal(await stepsIn(1_000, new Pace(10, never, clock), clock), 11);
});

Deno.test("Pace catches up at most a tenth of a second, when it was delayed", async () => {
  const clock = new FakeClock();
  const pace = new Pace(100, never, clock);
  await pace.next();
  await clock.advance(60_000);
  const burst = await stepsIn(0, pace, clock);
  assert(burst <= 11, `${burst} steps at once`);
});

Deno.test("Pace without a rate never waits", async () => {
  const pace = new Pace(undefined, never, new FakeClock());
  for (let step = 0; step < 1_000; step++) assert(await pace.next());
});

Deno.test("Pace without a rate yields, so that signals arrive", async () => {
  const abort = new AbortController();
  const pace = new Pace(undefined, abort.signal, new FakeClock());
  setTimeout(() => abort.abort(), 0);
  while (await pace.next());
  assert(abort.signal.aborted);
});

Deno.test("Pace ends its wait, when interrupted", async () => {
  const clock = new FakeClock();
  const abort = new AbortController();
  const pace = new Pace(0.001, abort.signal, clock);
  assert(await pace.next());
  const pending = pace.next();
  abort.abort();
  assert.equal(await pending, false);
});

Deno.test("Pace tries steps without a wait while they are due, and yields in between", async () => {
  const pace = new Pace(undefined, never, new FakeClock());
  let tried = 0;
  while (pace.tryNext()) tried++;
  assert(tried > 0 && tried < 1_000);
  assert(await pace.next());
  assert(pace.tryNext());
  assert(!new Pace(10, never, new FakeClock()).tryNext());
  assert(!new Pace(undefined, AbortSignal.abort(), new FakeClock()).tryNext());
});
