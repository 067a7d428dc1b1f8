import assert from "node:assert/strict";
import { RetryLoop } from "../../../service/base/retry_loop.ts";
import { FakeClock } from "../../support/fakes/fake_clock.ts";
import { RecordingLogger } from "../../support/fakes/recording_logger.ts";

function setUp(random: number) {
  const clock = new FakeClock();
  const log = new RecordingLogger();
  const retries = new RetryLoop({ subject: "Work", clock, log, random: () => random });
  return { clock, log, retries };
}

Deno.test("RetryLoop.run retries after pauses that grow to 30 s", async () => {
  const { clock, log, retries } = setUp(1);
  const attempts: number[] = [];
  const done = retries.run(() => {
    attempts.push(clock.monotonic());
    if (attempts.length < 11) throw new Error("No");
    return Promise.resolve("yes");
  }, new AbortController().signal);
  await clock.advance(200_000);
  assert.equal(await done, "yes");
  const pauses = attempts.slice(1).map((at, index) => at - (attempts[index] ?? 0));
  assert.deepEqual(pauses, [250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  assert.equal(log.messages("warn").length, 1);
  assert.match(log.messages("info")[0] ?? "", /^Work: works again after 121\.8 s, 10 failed/);
});

Deno.test("RetryLoop.run waits at least half a pause, when the random number is 0", async () => {
  const { clock, retries } = setUp(0);
  let attempts = 0;
  const done = retries.run(async () => {
    if (++attempts === 1) await Promise.reject(new Error("No"));
  }, new AbortController().signal);
  await clock.advance(124);
  assert.equal(attempts, 1);
  await clock.advance(1);
  await done;
  assert.equal(attempts, 2);
});

Deno.test("RetryLoop.run rejects with the abort reason, when aborted while it waits or works", async () => {
  const { clock, log, retries } = setUp(1);
  const abort = new AbortController();
  const waiting = retries.run(() => Promise.reject(new Error("No")), abort.signal);
  const pending = Promise.withResolvers<void>();
  const working = retries.run(() => pending.promise, abort.signal);
  await clock.settle();
  abort.abort(new Error("The end"));
  pending.reject(new Error("Closed"));
  for (const each of [waiting, working]) await assert.rejects(each, /^Error: The end$/);
  assert.equal(clock.sleepers, 0);
  assert.equal(log.messages("warn").length, 1);
});
