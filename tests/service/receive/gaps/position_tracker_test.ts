import assert from "node:assert/strict";
import { PositionTracker } from "../../../../service/receive/gaps/position_tracker.ts";

Deno.test("PositionTracker keeps publishers and topics apart", () => {
  const tracker = new PositionTracker();
  const places = ["a", "b"].flatMap((publisher) =>
    ["D", "t"].map((topic) => ({ publisher, topic }))
  );
  for (const place of places) tracker.trackOf(place, 0)?.event(1, 5);
  for (const place of places) {
    assert.equal(tracker.trackOf(place, 0)?.next, 6);
    assert.equal(tracker.trackOf(place, 0)?.publisher, place.publisher);
  }
  assert.equal(tracker.size, 4);
});

Deno.test("PositionTracker lets nobody push out those that are heard, however many come", () => {
  const tracker = new PositionTracker({ maxTracks: 3, idleMs: 100 });
  const heard = tracker.trackOf({ publisher: "known", topic: "D" }, 0);
  for (let n = 0; n < 10; n++) tracker.trackOf({ publisher: `invented ${n}`, topic: "D" }, 0);
  assert.deepEqual([tracker.size, tracker.untracked], [3, 8]);
  tracker.trackOf({ publisher: "known", topic: "D" }, 2_000);
  assert(tracker.trackOf({ publisher: "new", topic: "D" }, 2_000));
  assert.equal(tracker.trackOf({ publisher: "known", topic: "D" }, 2_000), heard);
  assert.equal(tracker.size, 2);
});

Deno.test("PositionTracker.forgetTopic takes out the tracks of one topic", () => {
  const tracker = new PositionTracker();
  for (const topic of ["D", "t"]) tracker.trackOf({ publisher: "a", topic }, 0)?.event(1, 1);
  assert.deepEqual(tracker.forgetTopic("t").map(({ topic }) => topic), ["t"]);
  assert.equal(tracker.trackOf({ publisher: "a", topic: "t" }, 0)?.next, 0);
  assert.equal(tracker.trackOf({ publisher: "a", topic: "D" }, 0)?.next, 2);
});
