import assert from "node:assert/strict";
import { Fold, Refusals } from "../../../../drivers/_internal/zmtp/refusals.ts";
import { PassingTime } from "../../../support/fakes/passing_time.ts";
import { RecordingLogger } from "../../../support/fakes/recording_logger.ts";

/** A fold that shows two warnings, and the lines it has logged since the last call. */
function subject() {
  const log = new RecordingLogger();
  const fold = new Fold(log, 2);
  const logged = () => {
    const messages = log.messages("warn");
    log.clear();
    return messages;
  };
  const warn = (names: string) => [...names].forEach((name) => fold.warn(name));
  return { fold, logged, warn };
}

Deno.test("Fold logs the first warnings at once, and one for all others after ten seconds", () => {
  using time = new PassingTime();
  const { fold, logged, warn } = subject();
  warn("abcd");
  assert.deepEqual(logged(), ["a", "b"]);
  fold.tick(time.now + 9_999);
  assert.deepEqual(logged(), []);
  fold.tick(time.now + 10_000);
  assert.deepEqual(logged(), ["2 more in 10 s, the last: d"]);
});

Deno.test("Fold logs one warning per ten seconds, while warnings continue", () => {
  using time = new PassingTime();
  const { logged, warn } = subject();
  warn("abc");
  logged();
  for (let second = 1; second <= 40; second++) {
    time.now += 1_000;
    warn("x");
  }
  const last = "the last: x";
  assert.deepEqual(logged(), [
    `10 more in 10 s, ${last}`,
    ...Array(3).fill(`10 more in 10 s, ${last}`),
  ]);
});

Deno.test("Fold logs warnings at once again, when there were none for ten seconds", () => {
  using time = new PassingTime();
  const { fold, logged, warn } = subject();
  warn("ab");
  logged();
  for (const ms of [10_000, 20_000]) fold.tick(time.now + ms);
  time.now += 20_000;
  warn("cd");
  assert.deepEqual(logged(), ["c", "d"]);
});

Deno.test("Refusals counts each kind, and names one refused subscriber and five slow ones", () => {
  using time = new PassingTime();
  const log = new RecordingLogger();
  const refusals = new Refusals(log);
  refusals.count("descriptors");
  for (const peer of ["1", "2"]) refusals.refused("stalled", peer, "it does not read");
  for (const peer of ["1", "2", "3", "4", "5", "6"]) refusals.slow(peer, "it is behind");
  assert.deepEqual([...refusals.counts], [["descriptors", 1], ["stalled", 2]]);
  assert.deepEqual(log.messages("warn"), [
    "Subscriber 1 is disconnected: it does not read",
    ...["1", "2", "3", "4", "5"].map((peer) => `Subscriber ${peer}: it is behind`),
  ]);
  log.clear();
  refusals.tick(time.now + 10_000);
  assert.deepEqual(log.messages("warn"), [
    "1 more in 10 s, the last: Subscriber 2 is disconnected: it does not read",
    "1 more in 10 s, the last: Subscriber 6: it is behind",
  ]);
});
