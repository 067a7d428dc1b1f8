import assert from "node:assert/strict";
import { FairPlaces } from "../../../drivers/_internal/fair_places.ts";

function takeAll(places: FairPlaces, owner: string): number {
  let taken = 0;
  while (places.take(owner)) taken++;
  return taken;
}

Deno.test("FairPlaces gives an owner so many, and more when it has given some back", () => {
  const places = new FairPlaces({ places: 16, each: 3 });
  assert.equal(takeAll(places, "a"), 3);
  places.giveBack("a");
  assert.equal(takeAll(places, "a"), 1);
  places.giveBack("nobody");
  assert.equal(takeAll(places, "b"), 3);
});

Deno.test("FairPlaces keeps half for those who have none, however many want many", () => {
  const places = new FairPlaces({ places: 16, each: 3 });
  const greedy = Array.from({ length: 4 }, (_, index) => takeAll(places, `greedy ${index}`));
  assert.deepEqual(greedy, [3, 3, 2, 1]);
  const modest = Array.from({ length: 10 }, (_, index) => places.take(`modest ${index}`));
  assert.deepEqual(modest.filter((taken) => taken).length, 7);
  places.giveBack("greedy 0");
  assert.deepEqual([places.take("greedy 1"), places.take("late")], [false, true]);
});
