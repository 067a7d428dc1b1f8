import assert from "node:assert/strict";
import { commandData } from "../../../../../drivers/_internal/zmtp/session.ts";
import {
  type Mark,
  TopicMarks,
} from "../../../../../drivers/_internal/zmtp/subscribe/topic_marks.ts";
import { TopicPlaces } from "../../../../../drivers/_internal/zmtp/subscribe/topic_places.ts";
import { PassingTimers } from "../../../../support/fakes/passing_time.ts";
import { bytesOf } from "../../../../support/frame_reader.ts";

/** A topic D whose last 5 events are wanted, and the marks of the application. */
function topicWithPast() {
  const places = new TopicPlaces();
  const place = places.add("D", { bytes: bytesOf("D"), past: { last: 5 } });
  const told: Mark[] = [];
  const marks = new TopicMarks(places, (_, mark) => told.push(mark));
  const kinds = () => told.splice(0).map(({ gap, past }) => gap ?? past?.kind);
  return { places, place, marks, kinds };
}

const RESTARTED = "the publisher restarted";

Deno.test("TopicPlaces ends the past of a topic, when the publisher restarts before the past has come", () => {
  const { places, place, marks, kinds } = topicWithPast();
  marks.answer(commandData([6, 5, 1_000], "D"));
  place.missing = 2;
  marks.begin("D", place, 4);
  places.end();
  places.restart(RESTARTED);
  marks.begin("D", place, 1);
  assert.deepEqual(kinds(), ["start", RESTARTED, "end"]);
});

Deno.test("TopicPlaces expects the events of the past that were promised, when the connection ends before they come", () => {
  const { places, place, marks, kinds } = topicWithPast();
  marks.answer(commandData([6, 5, 1_000], "D"));
  places.end();
  marks.answer(commandData([20, 5, 1_000], "D"));
  marks.begin("D", place, 15);
  assert.deepEqual(kinds(), ["start", "9 events can no longer be sent again", "start"]);
});

Deno.test("TopicPlaces settles each topic 100 ms after the publisher was asked for it, when others keep coming", () => {
  using time = new PassingTimers();
  const places = new TopicPlaces();
  const settled: string[] = [];
  for (let count = 0; count < 12; count++) {
    places.settle(places.add(`t${count}`, { bytes: bytesOf("t") }), (found) => {
      for (const [topic, place] of found) {
        places.begin(place, 0);
        settled.push(`${topic} ${time.now - place.askedAt}`);
      }
    });
    time.pass(20);
  }
  const expected = Array.from({ length: 8 }, (_, count) => `t${count} 100`);
  assert.deepEqual(settled, expected);
});

Deno.test("TopicPlaces settles topics once, 100 ms after the publisher was asked again, when the connection was lost before", () => {
  using time = new PassingTimers();
  const places = new TopicPlaces();
  const settled: number[] = [];
  const ask = () => {
    for (const place of places.values()) {
      places.settle(place, (found) => settled.push(found.length));
    }
  };
  for (const topic of ["t", "u"]) places.add(topic, { bytes: bytesOf(topic) });
  ask();
  time.pass(50);
  places.end();
  ask();
  time.pass(99);
  assert.deepEqual(settled, []);
  time.pass(1);
  assert.deepEqual(settled, [2]);
});
