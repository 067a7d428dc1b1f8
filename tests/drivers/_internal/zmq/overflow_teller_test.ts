import assert from "node:assert/strict";
import { OverflowTeller } from "../../../../drivers/_internal/zmq/overflow_teller.ts";

function teller() {
  const time = { now: 1_000 };
  const told: string[] = [];
  const tell = (topic: string, total: number) => told.push(`${topic} ${total}`);
  return { time, told, it: new OverflowTeller(tell, () => time.now) };
}

Deno.test("OverflowTeller tells the first of each topic, and then once a second", () => {
  const { time, told, it } = teller();
  for (let count = 0; count < 5; count++) it.note("D");
  it.note("tenant");
  assert.deepEqual(told, ["D 1", "tenant 6"]);
  time.now += 999;
  it.note("D");
  time.now += 1;
  it.note("D");
  assert.deepEqual(told, ["D 1", "tenant 6", "D 8"]);
});

Deno.test("OverflowTeller tells the first of a new period at once, and goes on counting", () => {
  const { told, it } = teller();
  it.beginPeriod();
  it.note("D");
  it.note("D");
  it.beginPeriod();
  it.note("D");
  assert.deepEqual(told, ["D 1", "D 3"]);
});

Deno.test("OverflowTeller leaves out no topic, when there are more than it remembers", () => {
  const { told, it } = teller();
  for (let number = 0; number < 10_000; number++) it.note(`t${number}`);
  it.note("t0");
  assert.equal(told.length, 10_001);
  it.note("t9999");
  assert.equal(told.length, 10_001);
});
