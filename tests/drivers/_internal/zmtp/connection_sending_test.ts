import assert from "node:assert/strict";
import { ENDED } from "../../../../drivers/_internal/sockets/byte_stream.ts";
import type { SendSource } from "../../../../drivers/_internal/zmtp/connection_types.ts";
import { joined } from "../../../../drivers/contract/joined.ts";
import * as wire from "../../../../drivers/_internal/zmtp/wire.ts";
import { bytesOf } from "../../../support/frame_reader.ts";

import { HANDSHAKE, Subject } from "../../../support/zmq/connection_subject.ts";

function source(message: Uint8Array<ArrayBuffer>): SendSource {
  let at = 0;
  return {
    next: () => at < message.length ? message.subarray(at) : undefined,
    sent: (bytes) => void (at += bytes),
    get isBetweenMessages() {
      return at === 0 || at === message.length;
    },
  };
}

const MESSAGE = new Uint8Array([
  ...wire.frame(1, bytesOf("D")),
  ...wire.frame(0, bytesOf("12345")),
]);

Deno.test("Connection sends commands between messages, when a message is sent in part", () => {
  const subject = new Subject({ source: source(MESSAGE) });
  subject.stream.takes.push(1_000, 3, 2, 0);
  subject.open();
  subject.connection.queueCommand("A", bytesOf("1"));
  subject.connection.pump();
  subject.connection.queueCommand("B", bytesOf("2"));
  subject.connection.pump();
  subject.stream.drain();
  subject.stream.drain();
  subject.stream.drain();
  const [a, b] = [wire.command("A", bytesOf("1")), wire.command("B", bytesOf("2"))];
  assert.deepEqual(subject.stream.bytes.slice(HANDSHAKE), new Uint8Array([...MESSAGE, ...a, ...b]));
});

Deno.test("Connection sends no ERROR into the middle of a message, when it refuses a peer", () => {
  const subject = new Subject({ source: source(MESSAGE) });
  subject.stream.takes.push(1_000, 3);
  subject.open();
  subject.stream.arrive(wire.frame(4, bytesOf("\0")));
  assert.deepEqual(subject.calls, ["closed: it sent a malformed command"]);
  assert.deepEqual(subject.stream.bytes.slice(HANDSHAKE), MESSAGE.slice(0, 3));
});

Deno.test("Connection sends no ERROR into the middle of a command, when it refuses a peer", () => {
  const subject = new Subject().open();
  subject.stream.takes.push(3);
  subject.connection.queueCommand("A", bytesOf("1"));
  subject.connection.pump();
  subject.stream.arrive(wire.frame(4, bytesOf("\0")));
  assert.deepEqual(subject.calls, ["closed: it sent a malformed command"]);
  const sent = wire.command("A", bytesOf("1")).slice(0, 3);
  assert.deepEqual(subject.stream.bytes.slice(HANDSHAKE), sent);
});

Deno.test("Connection sends the replies to all PINGs of one read at once", () => {
  const subject = new Subject().open({ minor: 1 });
  const before = subject.stream.sent.length;
  subject.stream.arrive(joined(Array(100).fill(wire.ping(5_000))));
  assert.equal(subject.stream.sent.length - before, 1);
  assert.deepEqual(subject.commands, Array(100).fill("PONG"));
});

Deno.test("Connection sends no reply and stays open, when it is finished", () => {
  const subject = new Subject().open({ minor: 1 });
  subject.connection.finish();
  subject.stream.takes.push(ENDED);
  subject.stream.arrive(wire.ping(5_000));
  subject.connection.tick(performance.now() + 1_100);
  assert.deepEqual([subject.commands, subject.calls, subject.stream.isFinished], [[], [], true]);
  subject.stream.end();
  assert.deepEqual(subject.calls, ["closed: the peer closed the connection"]);
});

Deno.test("Connection reads received bytes, when the peer stops reading", () => {
  const { connection, stream, calls } = new Subject({ lingerMs: Infinity }).open({ minor: 1 });
  connection.pause();
  assert(!stream.isWriting, "a stream with room would wake the loop without end");
  stream.arrive(MESSAGE, MESSAGE);
  stream.takes.push(ENDED);
  connection.queueCommand("A", bytesOf("1"));
  connection.pump();
  assert.deepEqual(calls, []);
  connection.resume();
  stream.end();
  assert.deepEqual(calls, ["pair 1 5", "pair 1 5", "closed: the peer closed the connection"]);
});

Deno.test("Connection reads a message that is larger than the read buffer", () => {
  const { stream, calls } = new Subject({ maxFrameBytes: 4 * 1024 * 1024 }).open();
  const payload = new Uint8Array(3 * 1024 * 1024);
  const bytes = new Uint8Array([...wire.frame(1, bytesOf("D"))]);
  stream.arrive(MESSAGE, bytes, wire.frame(0, payload), MESSAGE);
  assert.deepEqual(calls, ["pair 1 5", `pair 1 ${payload.length}`, "pair 1 5"]);
});
