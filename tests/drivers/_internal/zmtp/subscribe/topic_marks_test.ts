import assert from "node:assert/strict";
import { commandData } from "../../../../../drivers/_internal/zmtp/session.ts";
import {
  type Mark,
  TopicMarks,
} from "../../../../../drivers/_internal/zmtp/subscribe/topic_marks.ts";
import { TopicPlaces } from "../../../../../drivers/_internal/zmtp/subscribe/topic_places.ts";
import { bytesOf } from "../../../../support/frame_reader.ts";

/** A topic whose last three events are wanted, with the marks that its application gets. */
function wantedTopic() {
  const places = new TopicPlaces();
  const told: string[] = [];
  const marks = new TopicMarks(places, (_, { gap, past }: Mark) => {
    told.push(gap ?? past?.kind ?? "");
  });
  const place = places.add("T", { bytes: bytesOf("T"), past: { last: 3 } });
  const answer = (end: number, frames: number) => marks.answer(commandData([end, frames, 0], "T"));
  return { places, place, marks, told, answer };
}

Deno.test("TopicMarks reports lost events, when the past is sent again and begins after its former end", () => {
  const { places, place, marks, told, answer } = wantedTopic();
  answer(5, 3);
  places.end();
  answer(7, 3);
  places.end();
  answer(11, 3);
  place.missing = 0;
  marks.begin("T", place, 11);
  const gap = "3 events can no longer be sent again";
  assert.deepEqual(told, ["start", "start", gap, "start", "end"]);
});

Deno.test("TopicMarks reports a gap, when the publisher restarts before the past has come", () => {
  const { places, place, marks, told, answer } = wantedTopic();
  places.restart("the publisher restarted");
  answer(5, 3);
  places.end();
  places.restart("the publisher restarted");
  answer(1, 0);
  marks.begin("T", place, 1);
  assert.deepEqual(told, ["start", "start", "the publisher restarted", "end"]);
});
