import assert from "node:assert/strict";
import { TopicTimes } from "../../../../../drivers/_internal/zmtp/publish/topic_times.ts";

Deno.test("TopicTimes returns the age of an event, to the second", () => {
  const times = new TopicTimes(10);
  times.note(11, 1_000);
  times.note(15, 1_500);
  times.note(20, 2_500);
  assert.deepEqual([11, 15, 16, 20].map((seq) => times.ageOf(seq, 5_000)), [
    4_000,
    4_000,
    2_500,
    2_500,
  ]);
  assert.equal(times.ageOf(21, 5_000), 0, "the event is in the future");
});

Deno.test("TopicTimes keeps the oldest event and a bounded number of others, however many there were", () => {
  const times = new TopicTimes(0);
  for (let second = 1; second <= 10_000; second++) times.note(second, second * 1_000);
  assert.equal(times.ageOf(1, 10_000_000), 9_999_000);
  const recent = times.ageOf(9_990, 10_000_000);
  assert(recent >= 10_000 && recent < 12_000, String(recent));
});
