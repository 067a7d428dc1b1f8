import assert from "node:assert/strict";
import { Track, Tracks } from "../../../service/receive/tracks.ts";

const sequence = (topic: string) => ({ publisher: "p", topic });

/** Tracks of these topics. A generation has two. */
function tracksOf(...topics: readonly string[]) {
  const tracks = new Tracks(4);
  for (const topic of topics) tracks.add(new Track(sequence(topic), 1, 1, 0));
  return { tracks, known: () => [...tracks.all()].map(({ topic }) => topic).sort() };
}

Deno.test("Tracks have each track once, when an old one is used again", () => {
  const { tracks, known } = tracksOf("a", "b", "c");
  assert.equal(tracks.find(sequence("a"))?.topic, "a");
  assert.deepEqual(known(), ["a", "b", "c"]);
  tracks.add(new Track(sequence("d"), 1, 1, 0));
  assert.deepEqual(known(), ["a", "c", "d"], "b was not used for the longest time");
});

Deno.test("Tracks forget a topic in both generations, which makes room", () => {
  const { tracks, known } = tracksOf("a", "b", "c");
  for (const topic of ["a", "c"]) tracks.forgetTopic(topic);
  assert.deepEqual(known(), ["b"]);
  assert.equal(tracks.find(sequence("c")), undefined);
  for (const topic of ["d", "e"]) tracks.add(new Track(sequence(topic), 1, 1, 0));
  assert.deepEqual(known(), ["b", "d", "e"]);
});
