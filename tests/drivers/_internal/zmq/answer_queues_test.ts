import assert from "node:assert/strict";
import { AnswerQueues } from "../../../../drivers/_internal/zmq/answer_queues.ts";
import type { Delivery } from "../../../../drivers/_internal/zmq/libzmq.ts";

const BOUNDS = { maxOctets: 2_000, maxAskers: 2 };
const address = (name: string) => ({ name, identity: new Uint8Array(1) });
const answer = (octets: number) => new Uint8Array(octets);

/** A socket that says what it is told to; `sent` are the sizes of what it took. */
function queues(): { queues: AnswerQueues; says: (delivery: Delivery) => void; sent: number[] } {
  let next: Delivery = "sent";
  const sent: number[] = [];
  const made = new AnswerQueues((_identity, frame) => {
    if (next === "sent") sent.push(frame.length);
    return next;
  }, BOUNDS);
  return { queues: made, says: (delivery) => next = delivery, sent };
}

Deno.test("AnswerQueues keeps what has no room, and sends it in its order", () => {
  const it = queues();
  it.says("full");
  for (const octets of [1, 2, 3]) {
    assert.equal(it.queues.send(address("a"), answer(octets)), "sent");
  }
  it.queues.flush();
  assert.deepEqual([it.sent, it.queues.isEmpty], [[], false]);
  it.says("sent");
  assert.equal(it.queues.send(address("a"), answer(4)), "sent");
  assert.deepEqual(it.sent, [], "it does not overtake");
  it.queues.flush();
  assert.deepEqual([it.sent, it.queues.isEmpty], [[1, 2, 3, 4], true]);
});

Deno.test("AnswerQueues keeps so many octets for an asker, and one answer of any size", () => {
  const it = queues();
  it.says("full");
  assert.equal(it.queues.send(address("a"), answer(5_000)), "sent");
  assert.equal(it.queues.send(address("a"), answer(1)), "full");
  assert.equal(it.queues.isBehind(address("a")), true);
  const small = Array.from({ length: 10 }, () => it.queues.send(address("b"), answer(100)));
  assert.equal(small.filter((each) => each === "sent").length, 5);
  assert.equal(it.queues.isBehind(address("c")), false);
});

Deno.test("AnswerQueues keeps answers for so many askers, and none for those who have gone", () => {
  const it = queues();
  it.says("full");
  const sends = ["a", "b", "c"].map((name) => it.queues.send(address(name), answer(1)));
  assert.deepEqual(sends, ["sent", "sent", "full"]);
  it.says("gone");
  it.queues.flush();
  assert.equal(it.queues.isEmpty, true);
  assert.equal(it.queues.send(address("a"), answer(1)), "gone");
});
