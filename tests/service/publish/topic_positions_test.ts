import assert from "node:assert/strict";
import { TopicPositions } from "../../../service/publish/topic_positions.ts";
import { FakeClock } from "../../support/fakes/fake_clock.ts";

Deno.test("TopicPositions counts each topic separately from 0, in one epoch", () => {
  const positions = new TopicPositions(new FakeClock());
  positions.of("a").seq = 5;
  assert.equal(positions.of("b").seq, 0);
  assert.equal(positions.of("a").seq, 5);
  assert.equal(positions.of("a").epoch, positions.of("b").epoch);
  assert.deepEqual([...positions.topics()], ["a", "b"]);
});

Deno.test("TopicPositions remembers at least its limit of recently used topics, and at most twice the limit", () => {
  const positions = new TopicPositions(new FakeClock(), 50);
  const used: string[] = [];
  for (let step = 0; step < 1_000; step++) {
    // Half of the topics recur, the others are new.
    const topic = step % 2 === 0 ? `t${step % 96}` : `new${step}`;
    positions.of(topic).seq++;
    used.push(topic);
    const known = new Set(positions.topics());
    assert(known.size <= 100, `${known.size} topics after ${step} steps`);
    const last = [...new Set(used.toReversed())].slice(0, 50);
    assert.deepEqual(last.filter((each) => !known.has(each)), []);
  }
});

Deno.test("TopicPositions returns each topic once, when it is used again", () => {
  const positions = new TopicPositions(new FakeClock(), 2);
  for (const topic of ["a", "b", "c", "a"]) positions.of(topic);
  assert.deepEqual([...positions.topics()].sort(), ["a", "b", "c"]);
});

Deno.test("TopicPositions starts a later epoch and leaves no gap, when a forgotten topic recurs", () => {
  const clock = new FakeClock();
  const positions = new TopicPositions(clock, 10);
  /** A subscriber's knowledge of every topic: the last epoch and seq of each. */
  const known = new Map<string, { epoch: number; seq: number }>();
  let restarts = 0;
  for (let step = 0; step < 20_000; step++) {
    // A mix of topics that stay and topics that are forgotten in between, some more than once.
    const topic = step % 3 === 0 ? "busy" : `t${(step * 7919) % 60}`;
    const position = positions.of(topic);
    const seq = ++position.seq;
    const { epoch } = position;
    const before = known.get(topic);
    if (before !== undefined && epoch === before.epoch) assert.equal(seq, before.seq + 1, topic);
    if (before !== undefined && epoch !== before.epoch) {
      restarts++;
      assert(epoch > before.epoch, `${topic}: epoch ${epoch} after ${before.epoch}`);
      assert.equal(seq, 1);
    }
    if (topic === "busy" && before !== undefined) assert.equal(epoch, before.epoch);
    known.set(topic, { epoch, seq });
  }
  assert(restarts > 100, `only ${restarts} topics came back`);
});

Deno.test("TopicPositions keeps every position, when 100,000 topics are used in turn", () => {
  const positions = new TopicPositions(new FakeClock());
  for (let round = 1; round <= 2; round++) {
    for (let topic = 0; topic < 100_000; topic++) {
      assert.equal(++positions.of(`t${topic}`).seq, round);
    }
  }
});

Deno.test("TopicPositions has a different epoch at each start, when the clock stands still or goes back", () => {
  const clock = new FakeClock();
  const epoch = () => new TopicPositions(clock).of("D").epoch;
  const epochs = [epoch(), epoch()];
  clock.setWall(clock.now() - 3_600_000);
  epochs.push(epoch());
  assert.deepEqual(epochs, epochs.toSorted((a, b) => a - b));
  assert.equal(new Set(epochs).size, 3);
});
