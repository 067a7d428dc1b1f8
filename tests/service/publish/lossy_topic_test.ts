import assert from "node:assert/strict";
import { LossyTopic } from "../../../service/publish/lossy_topic.ts";

const INTERVAL_MS = 10_000;
const MINUTE_MS = 60_000;

Deno.test("LossyTopic lets a sync go to all at once, and another after the interval", () => {
  const topic = new LossyTopic(INTERVAL_MS);
  assert.equal(topic.turn(0), "wait");
  topic.noteOverflow(0);
  assert.equal(topic.turn(0), "send-to-all");
  topic.noteSent(100);
  assert.equal(topic.isDue, false);
  topic.noteOverflow(200);
  assert.equal(topic.turn(10_099), "wait");
  assert.equal(topic.turn(10_100), "send-to-all");
});

Deno.test("LossyTopic lets a sync go to who is there, twice as late each time", () => {
  const topic = new LossyTopic(INTERVAL_MS);
  topic.noteOverflow(0);
  assert.equal(topic.turn(9_999), "send-to-all");
  assert.equal(topic.turn(10_000), "send-anyway");
  topic.noteSentAnyway(10_000);
  assert.equal(topic.isDue, true);
  assert.equal(topic.turn(19_999), "wait");
  assert.equal(topic.turn(20_000), "send-to-all");
  assert.equal(topic.turn(29_999), "send-to-all");
  assert.equal(topic.turn(30_000), "send-anyway");
});

Deno.test("LossyTopic is due again, when who left while it was due comes back", () => {
  const topic = new LossyTopic(INTERVAL_MS);
  topic.noteLeaving(0);
  assert.equal(topic.noteReturn(1), false);
  topic.noteOverflow(10);
  topic.noteLeaving(20);
  topic.noteSent(30);
  assert.equal(topic.noteReturn(5 * MINUTE_MS), true);
  assert.equal(topic.turn(5 * MINUTE_MS), "send-to-all");
  topic.noteSent(5 * MINUTE_MS);
  assert.equal(topic.noteReturn(11 * MINUTE_MS), false);
});

Deno.test("LossyTopic is over, when nobody is to come back and the interval has passed", () => {
  const topic = new LossyTopic(INTERVAL_MS);
  assert.equal(topic.isOver(0), true);
  topic.noteOverflow(0);
  topic.noteLeaving(0);
  assert.equal(topic.isOver(MINUTE_MS * 60), false);
  topic.noteSent(0);
  assert.equal(topic.isOver(MINUTE_MS), false);
  assert.equal(topic.isOver(MINUTE_MS * 10), true);
});
