import assert from "node:assert/strict";
import { RefusalLog } from "../../../service/base/refusal_log.ts";
import { FakeClock } from "../../support/fakes/fake_clock.ts";
import { RecordingLogger } from "../../support/fakes/recording_logger.ts";

function setUp() {
  const log = new RecordingLogger();
  const clock = new FakeClock();
  return { log, clock, refusals: new RefusalLog("From a peer", log, clock) };
}

Deno.test("RefusalLog logs the first refusal of a kind at once, with its kind and total", () => {
  const { log, refusals } = setUp();
  refusals.note("TRUNCATED", "Payload ends early");
  assert.deepEqual(log.lines, [{
    level: "warn",
    message: "From a peer: Payload ends early",
    fields: { kind: "TRUNCATED", total: 1 },
  }]);
});

Deno.test("RefusalLog folds a flood into one line every 30 s, and counts every refusal", async () => {
  const { log, clock, refusals } = setUp();
  for (let second = 0; second < 90; second++) {
    for (let each = 0; each < 100; each++) refusals.note("TRUNCATED", `at ${second} s`);
    await clock.advance(1_000);
  }
  assert.deepEqual(log.messages("warn"), [
    "From a peer: at 0 s",
    "From a peer: at 30 s (and 2999 more like it)",
    "From a peer: at 60 s (and 2999 more like it)",
  ]);
  assert.deepEqual(refusals.counters, { TRUNCATED: 9_000 });
});

Deno.test("RefusalLog keeps kinds apart, when several kinds occur together", () => {
  const { log, refusals } = setUp();
  for (const kind of ["A", "B", "A", "B", "B"]) refusals.note(kind, kind);
  assert.equal(log.lines.length, 2);
  assert.deepEqual(refusals.counters, { A: 2, B: 3 });
});

Deno.test("RefusalLog adds no count of folded lines, when none were folded", async () => {
  const { log, clock, refusals } = setUp();
  refusals.note("A", "first");
  await clock.advance(30_000);
  refusals.note("A", "second");
  assert.deepEqual(log.messages("warn"), ["From a peer: first", "From a peer: second"]);
});

Deno.test("RefusalLog uses durations, when the wall clock is set back", async () => {
  const { log, clock, refusals } = setUp();
  refusals.note("A", "first");
  clock.setWall(0);
  await clock.advance(30_000);
  refusals.note("A", "second");
  assert.equal(log.lines.length, 2);
});
