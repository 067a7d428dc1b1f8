import assert from "node:assert/strict";
import { Unsent } from "../../../../drivers/_internal/libssl/unsent.ts";
import { ENDED } from "../../../../drivers/_internal/sockets/byte_stream.ts";
import { FakeStream } from "../../../support/fakes/fake_stream.ts";

const bytesTo = (end: number, start = 0) =>
  Uint8Array.from({ length: end - start }, (_, at) => start + at);

Deno.test("Unsent sends every byte once and in order, when the stream takes a few at a time", () => {
  const stream = new FakeStream();
  const unsent = new Unsent(stream);
  stream.takes.push(3, 2, 0, 1);
  const memory = bytesTo(10);
  unsent.send(memory);
  // The caller uses its memory again.
  memory.fill(0xff);
  assert.equal(unsent.length, 7);
  unsent.flush();
  unsent.send(bytesTo(15, 10));
  assert.equal(unsent.length, 10);
  unsent.flush();
  unsent.flush();
  assert.equal(unsent.length, 9);
  unsent.flush();
  assert.equal(unsent.length, 0);
  unsent.flush();
  assert.deepEqual(stream.bytes, bytesTo(15));
  assert.deepEqual(stream.sent.map(({ length }) => length), [3, 2, 1, 9]);
});

Deno.test("Unsent keeps nothing, when the stream has ended", () => {
  const stream = new FakeStream();
  const unsent = new Unsent(stream);
  stream.takes.push(1, ENDED);
  unsent.send(bytesTo(5));
  assert(!unsent.hasEnded);
  unsent.flush();
  assert(unsent.hasEnded);
  assert.equal(unsent.length, 0);
  unsent.send(bytesTo(5));
  assert(unsent.hasEnded);
  assert.equal(unsent.length, 0);
});
