import assert from "node:assert/strict";
import { TopicPositions } from "../../../service/publish/topic_positions.ts";

function publish(positions: TopicPositions, topic: string, size: number): void {
  const position = positions.of(topic);
  const octets = position.ring?.reserve(size);
  position.seq++;
  if (octets !== undefined) position.ring?.commit(octets, position.seq);
}

Deno.test("TopicPositions counts each topic for itself, from 0", () => {
  const positions = new TopicPositions();
  positions.of("a").seq = 5;
  assert.equal(positions.of("b").seq, 0);
  assert.equal(positions.of("a").seq, 5);
  assert.deepEqual([...positions.topics()], ["a", "b"]);
});

Deno.test("TopicPositions forgets the topic used longest ago, and goes on above it", () => {
  const positions = new TopicPositions(undefined, 10);
  for (let topic = 0; topic < 10; topic++) positions.of(`t${topic}`).seq = 100 + topic;
  positions.of("t0");
  positions.of("new");
  assert.equal([...positions.topics()].includes("t1"), false);
  assert.equal(positions.of("t0").seq, 100);
  // Forgotten at 101: what comes back must not use 101 again, nor any number before it.
  assert.equal(positions.of("t1").seq >= 101, true);
});

Deno.test("TopicPositions never knows more topics than it may", () => {
  const positions = new TopicPositions(undefined, 50);
  for (let topic = 0; topic < 1000; topic++) {
    positions.of(`t${topic}`);
    assert([...positions.topics()].length <= 50);
  }
});

Deno.test("TopicPositions has the coldest topics' events make room, when the total is used up", () => {
  const positions = new TopicPositions({ events: 100, octets: 8192, totalOctets: 3 * 8192 });
  for (const topic of ["a", "b", "c"]) {
    for (let i = 0; i < 40; i++) publish(positions, topic, 1000);
  }
  publish(positions, "a", 1000);
  for (let i = 0; i < 40; i++) publish(positions, "d", 1000);
  assert(positions.storedOctets <= 3 * 8192, `${positions.storedOctets}`);
  assert.equal(positions.ring("b")?.last, 0);
  assert.equal(positions.ring("a")?.last, 41);
  assert.equal(positions.ring("d")?.last, 40);
  assert.equal(positions.of("b").seq, 40, "only its events went, not its position");
});

Deno.test("TopicPositions keeps no count of storage that is gone, when topics are forgotten", () => {
  const positions = new TopicPositions({ events: 10, octets: 8192, totalOctets: 81_920 }, 10);
  for (let topic = 0; topic < 500; topic++) publish(positions, `t${topic}`, 1000);
  assert(positions.storedOctets > 0 && positions.storedOctets <= 10 * 8192);
});

Deno.test("TopicPositions tells where a topic stands and makes nothing of the question", () => {
  const positions = new TopicPositions(undefined, 10);
  positions.of("real").seq = 7;
  for (let topic = 0; topic < 100; topic++) assert.equal(positions.seqOf(`asked${topic}`), 0);
  assert.equal(positions.seqOf("real"), 7);
  assert.deepEqual([...positions.topics()], ["real"]);
});
