import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { pause, sleep, untilAborted, waitFor } from "../../../drivers/contract/waiting.ts";
import { FakeClock } from "../../support/fakes/fake_clock.ts";

const never = new Promise<string>(() => {});

Deno.test("waitFor returns the promise's value and leaves no listener, when the promise is in time", async () => {
  const clock = new FakeClock();
  const { signal } = new AbortController();
  const bounds = { timeoutMs: 5, signal, clock };
  assert.equal(await waitFor(Promise.resolve("done"), bounds), "done");
  const failing = waitFor(Promise.reject(new Error("broken")), bounds);
  await assert.rejects(failing, { message: "broken" });
  assert.deepEqual([clock.sleepers, getEventListeners(signal, "abort").length], [0, 0]);
});

Deno.test("waitFor returns or throws the fallback's result, when the promise is late", async () => {
  const clock = new FakeClock();
  const bounds = { timeoutMs: 5, clock };
  const made = waitFor(never, bounds, () => "late");
  const thrown = assert.rejects(
    waitFor(never, bounds, () => {
      throw new RangeError("late");
    }),
    { message: "late" },
  );
  const usual = assert.rejects(waitFor(never, bounds), { name: "TimeoutError" });
  await clock.advance(5);
  assert.equal(await made, "late");
  await Promise.all([thrown, usual]);
});

Deno.test("waitFor rejects with the signal's reason, when it aborts during the wait or before", async () => {
  const abort = new AbortController();
  const bounds = { timeoutMs: 60_000, signal: abort.signal };
  const during = assert.rejects(waitFor(never, bounds), { message: "enough" });
  abort.abort(new Error("enough"));
  await during;
  await assert.rejects(waitFor(Promise.reject(new Error("ignored")), bounds), {
    message: "enough",
  });
});

Deno.test("waitFor ignores a promise that rejects after the wait", async () => {
  const clock = new FakeClock();
  const { promise, reject } = Promise.withResolvers<string>();
  const waiting = waitFor(promise, { timeoutMs: 1, clock }, () => "late");
  await clock.advance(1);
  assert.equal(await waiting, "late");
  reject(new Error("unobserved"));
  await clock.settle();
});

Deno.test("waitFor and sleep last at most 24 days, when the timeout is infinite or larger", async () => {
  const abort = new AbortController();
  const waits = [
    waitFor(never, { timeoutMs: Infinity, signal: abort.signal }),
    sleep(Infinity, abort.signal),
  ];
  const first = await Promise.race([
    ...waits,
    new Promise((resolve) => setTimeout(resolve, 5, "none")),
  ]);
  assert.equal(first, "none");
  abort.abort(new Error("enough"));
  for (const wait of waits) await assert.rejects(wait, { message: "enough" });
});

Deno.test("waitFor starts no timer, when the timeout is Infinity", async () => {
  let timers = 0;
  const clock = { sleep: () => (timers++, new Promise<void>(() => {})) };
  const { promise, resolve } = Promise.withResolvers<string>();
  const waiting = waitFor(promise, { timeoutMs: Infinity, clock });
  const abort = new AbortController();
  const aborted = waitFor(promise, { timeoutMs: Infinity, clock, signal: abort.signal });
  abort.abort(new Error("enough"));
  await assert.rejects(aborted, /enough/);
  resolve("done");
  assert.equal(await waiting, "done");
  assert.equal(timers, 0);
});

Deno.test("pause resolves to true after its time, and to false as soon as the signal aborts", async () => {
  const clock = new FakeClock();
  const abort = new AbortController();
  const [short, long] = [pause(5, abort.signal, clock), pause(9, abort.signal, clock)];
  await clock.advance(5);
  assert.equal(await short, true);
  abort.abort(new Error("enough"));
  assert.equal(await long, false);
  assert.equal(await pause(1, abort.signal, clock), false);
  assert.deepEqual([clock.sleepers, getEventListeners(abort.signal, "abort").length], [0, 0]);
});

Deno.test("pause rejects, when the clock fails for a reason other than the signal", async () => {
  const broken = { sleep: () => Promise.reject(new Error("broken")) };
  await assert.rejects(pause(1, new AbortController().signal, broken), { message: "broken" });
});

Deno.test("pause uses the real time, when it has no clock", async () => {
  const start = performance.now();
  assert.equal(await pause(5, new AbortController().signal), true);
  assert.ok(performance.now() - start >= 4);
});

Deno.test("untilAborted returns the promise's value, or undefined when the signal aborts first", async () => {
  const abort = new AbortController();
  assert.equal(await untilAborted(Promise.resolve("done"), abort.signal), "done");
  const failing = untilAborted(Promise.reject(new Error("broken")), abort.signal);
  await assert.rejects(failing, { message: "broken" });
  const waiting = untilAborted(never, abort.signal);
  abort.abort(new Error("enough"));
  assert.equal(await waiting, undefined);
  assert.equal(await untilAborted(never, abort.signal), undefined);
  assert.equal(getEventListeners(abort.signal, "abort").length, 0);
});
