import assert from "node:assert/strict";
import { AnswerQueues } from "../../../../drivers/_internal/zmq/answer_queues.ts";
import type { Delivery } from "../../../../drivers/_internal/zmq/libzmq.ts";

/** What one waiting answer of the greatest size takes is 1,000 octets. */
const BOUNDS = { maxFrameOctets: 744, each: 3, all: 5, giveUpAfterMs: 5_000 };
const GREATEST = BOUNDS.maxFrameOctets;
const address = (name: string) => ({ name, identity: new Uint8Array(1) });
const answer = (octets: number) => new Uint8Array(octets);

/** On a socket that says what it is told to; `sent` are the sizes of what it took. */
class Fixture {
  readonly sent: number[] = [];
  readonly lost: string[] = [];
  now = 0;
  says: Delivery | Error = "full";
  /** So many it takes before it says that. */
  room = 0;
  readonly queues = new AnswerQueues((_identity, frame) => this.#take(frame), {
    ...BOUNDS,
    onLost: (why) => this.lost.push(why),
    now: () => this.now,
  });

  #take({ length }: Uint8Array): Delivery {
    if (this.room > 0) {
      this.room--;
      return "sent";
    }
    if (this.says instanceof Error) throw this.says;
    if (this.says === "sent") this.sent.push(length);
    return this.says;
  }

  send(name: string, octets: number): Delivery {
    return this.queues.send(address(name), answer(octets));
  }

  /** How many of the greatest size it keeps for an asker. */
  fill(name: string): number {
    let kept = 0;
    while (this.send(name, GREATEST) === "sent") kept++;
    return kept;
  }
}

Deno.test("AnswerQueues keeps what has no room, and sends it in its order", () => {
  const it = new Fixture();
  for (const octets of [1, 2, 3]) assert.equal(it.send("a", octets), "sent");
  it.queues.flush();
  assert.deepEqual([it.sent, it.queues.isEmpty], [[], false]);
  it.says = "sent";
  assert.equal(it.send("a", 4), "sent");
  assert.deepEqual(it.sent, [], "it does not overtake");
  it.queues.flush();
  assert.deepEqual([it.sent, it.queues.isEmpty], [[1, 2, 3, 4], true]);
});

Deno.test("AnswerQueues keeps so many of the greatest answers for an asker, and more small ones", () => {
  const it = new Fixture();
  for (let kept = 0; kept < BOUNDS.each; kept++) {
    assert.equal(it.queues.isBehind(address("a")), false, `there is room beside ${kept}`);
    assert.equal(it.send("a", GREATEST), "sent");
  }
  assert.equal(it.queues.isBehind(address("a")), true);
  assert.equal(it.send("a", 1), "full");
  const small = Array.from({ length: 10 }, () => it.send("b", 44));
  assert.equal(small.filter((each) => each === "sent").length, 6);
});

Deno.test("AnswerQueues keeps so much for all, and nothing for those who have gone", () => {
  const it = new Fixture();
  assert.deepEqual(["a", "b", "c"].map((name) => it.fill(name)), [3, 2, 0]);
  it.says = "gone";
  it.queues.flush();
  assert.deepEqual([it.queues.isEmpty, it.lost], [true, []]);
  assert.equal(it.send("a", 1), "gone");
  it.says = "full";
  assert.deepEqual(["c", "d"].map((name) => it.fill(name)), [3, 2]);
});

Deno.test("AnswerQueues gives up an asker that takes nothing, until it takes something again", () => {
  const it = new Fixture();
  it.fill("stalled");
  it.now = BOUNDS.giveUpAfterMs - 1;
  it.queues.flush();
  assert.deepEqual([it.lost.length, it.send("slow", GREATEST)], [0, "sent"]);
  it.now = BOUNDS.giveUpAfterMs;
  it.queues.flush();
  assert.equal(it.lost.length, 3);
  assert.deepEqual([it.fill("stalled"), it.fill("other")], [0, 3], "its room is for others");
  it.queues.clear();
  it.says = "sent";
  assert.equal(it.send("stalled", 1), "sent");
  it.says = "full";
  assert.equal(it.fill("stalled"), 3);
});

Deno.test("AnswerQueues gives up those that have taken nothing for a while, when others have no room", () => {
  const it = new Fixture();
  it.fill("stalled");
  it.now = BOUNDS.giveUpAfterMs / 10 - 1;
  assert.equal(it.fill("another"), 2);
  it.now++;
  assert.deepEqual([it.fill("reading"), it.lost.length], [3, 3]);
  assert.deepEqual([it.fill("another"), it.lost.length], [0, 3], "it has not waited so long");
});

Deno.test("AnswerQueues.flush counts time from the last answer that was taken", () => {
  const it = new Fixture();
  it.fill("slow");
  for (let round = 1; round < BOUNDS.each; round++) {
    it.now += BOUNDS.giveUpAfterMs - 1;
    it.room = 1;
    it.queues.flush();
  }
  assert.deepEqual([it.lost, it.queues.isEmpty], [[], false]);
});

Deno.test("AnswerQueues.flush loses what cannot be sent, says so, and does not throw", () => {
  const it = new Fixture();
  it.send("a", 1);
  it.send("a", 1);
  it.says = new Error("zmq_send: refused");
  it.queues.flush();
  assert.deepEqual(it.lost, ["zmq_send: refused", "zmq_send: refused"]);
  assert.equal(it.queues.isEmpty, true);
});
