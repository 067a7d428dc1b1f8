import assert from "node:assert/strict";
import {
  type Outcome,
  PushQueue,
} from "../../../../../drivers/_internal/zmtp/push_pull/push_queue.ts";
import { bytesOf } from "../../../../support/frame_reader.ts";

const TOPIC = bytesOf("D");
/** Two headers of two bytes each, a topic of one byte and a payload of one byte. */
const MESSAGE_BYTES = 6;

/** A queue, and the outcome of each frame that was added to it. */
function queueOf(payloads: string, { maxUnacknowledged = 100, isAcknowledged = true } = {}) {
  const queue = new PushQueue(maxUnacknowledged);
  queue.isAcknowledged = isAcknowledged;
  const outcomes: Record<string, Outcome> = {};
  const add = (payload: string) =>
    queue.add(TOPIC, bytesOf(payload), (outcome) => outcomes[payload] = outcome);
  const frames = [...payloads].map(add);
  return { queue, outcomes, frames, add };
}

/** Writes all frames that may be written. Returns the payloads, of one byte each. */
function written(queue: PushQueue): string {
  let text = "";
  for (let bytes; (bytes = queue.next()) !== undefined;) {
    text += new TextDecoder().decode(bytes);
    queue.sent(bytes.length);
  }
  return [...text].filter((_, index) => index % MESSAGE_BYTES === MESSAGE_BYTES - 1).join("");
}

Deno.test("PushQueue writes frames as messages of two frames, in order", () => {
  const { queue } = queueOf("ab");
  assert.deepEqual(
    [...queue.next() ?? []],
    [[1, 1], [68], [0, 1], [97], [1, 1], [68], [0, 1], [98]].flat(),
  );
  queue.sent(2 * MESSAGE_BYTES);
  assert.equal(queue.next(), undefined);
});

Deno.test("PushQueue continues where the last write ended, even within a message", () => {
  const { queue } = queueOf("abc");
  const whole = new Uint8Array(queue.next() ?? []);
  const written: number[] = [];
  for (let count = 1; written.length < whole.length; count = count % 4 + 1) {
    const bytes = (queue.next() ?? new Uint8Array()).subarray(0, count);
    written.push(...bytes);
    queue.sent(bytes.length);
    assert.equal(queue.isBetweenMessages, written.length % MESSAGE_BYTES === 0);
  }
  assert.deepEqual(written, [...whole]);
});

Deno.test("PushQueue accepts a frame when it is written, when the peer does not acknowledge", () => {
  const { queue, outcomes } = queueOf("ab", { isAcknowledged: false });
  queue.sent(MESSAGE_BYTES + 1);
  assert.deepEqual(outcomes, { a: "accepted" });
  queue.endConnection();
  assert.equal(written(queue), "b");
});

Deno.test("PushQueue settles acknowledged frames, and refuses the frames listed before or with the acknowledgement", () => {
  const { queue, outcomes } = queueOf("abcd");
  queue.sent(4 * MESSAGE_BYTES);
  assert.equal(queue.acknowledge(1, [2]), true);
  assert.deepEqual(outcomes, { a: "accepted" });
  assert.equal(queue.acknowledge(4, [3]), true);
  assert.deepEqual(outcomes, { a: "accepted", b: "accepted", c: "refused", d: "refused" });
  assert.deepEqual([queue.frames, queue.bytes], [0, 0]);
});

Deno.test("PushQueue ignores an acknowledgement, when it covers frames not sent or already handled", () => {
  const { queue, outcomes } = queueOf("abc");
  queue.sent(2 * MESSAGE_BYTES);
  for (const [handled, ...refused] of [[3], [NaN], [1, 2], [1, -1], [1, NaN]]) {
    assert.equal(queue.acknowledge(handled ?? 0, refused), false, `${handled}, ${refused}`);
  }
  assert.equal(queue.acknowledge(2, []), true);
  assert.equal(queue.acknowledge(1, []), false);
  assert.deepEqual(outcomes, { a: "accepted", b: "accepted" });
});

Deno.test("PushQueue keeps partly written frames for the next connection", () => {
  const { queue, outcomes } = queueOf("abc");
  queue.sent(2 * MESSAGE_BYTES - 1);
  queue.endConnection();
  assert.deepEqual(outcomes, { a: "uncertain" });
  assert.equal(written(queue), "bc");
  assert.equal(queue.acknowledge(2, [0]), true);
  assert.deepEqual(outcomes, { a: "uncertain", b: "refused", c: "accepted" });
});

Deno.test("PushQueue settles every frame once, when it is closed after its last connection", () => {
  const { queue, outcomes } = queueOf("abc");
  queue.sent(2 * MESSAGE_BYTES - 1);
  queue.endConnection();
  queue.close();
  assert.deepEqual(outcomes, { a: "uncertain", b: "unsent", c: "unsent" });
  assert.deepEqual([queue.frames, queue.bytes, queue.next()], [0, 0, undefined]);
});

Deno.test("PushQueue takes a frame back, unless part of it is written", () => {
  const { queue, outcomes, frames, add } = queueOf("abcd");
  const [a, b, c] = frames;
  assert(a && b && c);
  assert.equal(queue.withdraw(b), true);
  assert.equal(queue.withdraw(b), false);
  assert.equal(queue.next()?.length, MESSAGE_BYTES);
  queue.sent(1);
  assert.equal(queue.withdraw(a), false);
  queue.sent(MESSAGE_BYTES - 1);
  assert.equal(queue.withdraw(a), false);
  assert.equal(queue.withdraw(c), true);
  add("e");
  assert.equal(written(queue), "de");
  assert.equal(queue.acknowledge(3, [1]), true);
  assert.deepEqual(outcomes, { a: "accepted", d: "refused", e: "accepted" });
  assert.deepEqual([queue.frames, queue.bytes], [0, 0]);
});

Deno.test("PushQueue writes at most the permitted unacknowledged frames, until some are acknowledged", () => {
  const { queue } = queueOf("abcde", { maxUnacknowledged: 2 });
  assert.equal(written(queue), "ab");
  queue.acknowledge(1, []);
  assert.equal(written(queue), "c");
});

Deno.test("PushQueue writes a large frame in one piece, and keeps its order among small frames", () => {
  const queue = new PushQueue(100);
  const large = new Uint8Array(200_000).fill(7);
  for (const payload of [bytesOf("a"), large, bytesOf("b")]) queue.add(TOPIC, payload, () => {});
  const written: number[] = [];
  for (let bytes; (bytes = queue.next()) !== undefined;) {
    for (const byte of bytes) written.push(byte);
    queue.sent(bytes.length);
  }
  const head = [1, 1, 68, 2, 0, 0, 0, 0, 0, 3, 13, 64];
  const wanted = [[1, 1, 68, 0, 1, 97], head, [...large], [1, 1, 68, 0, 1, 98]].flat();
  assert(written.length === wanted.length && written.every((byte, at) => byte === wanted[at]));
});

Deno.test("PushQueue takes linear time, when it handles tens of thousands of frames", () => {
  const count = 50_000;
  const queue = new PushQueue(count);
  queue.isAcknowledged = true;
  let accepted = 0;
  for (let index = 0; index < count; index++) {
    queue.add(TOPIC, bytesOf("x"), (outcome) => outcome === "accepted" && accepted++);
  }
  const start = performance.now();
  for (let bytes; (bytes = queue.next()) !== undefined;) queue.sent(Math.min(999, bytes.length));
  for (let handled = 1; handled <= count; handled++) queue.acknowledge(handled, []);
  assert.equal(accepted, count);
  assert(performance.now() - start < 5_000);
});
