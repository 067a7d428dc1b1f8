import { decode, encode } from "@msgpack/msgpack";
import assert from "node:assert/strict";
import {
  decodeHello,
  encodeHello,
  helloTopic,
  topicOfHello,
} from "../../../service/protocol/hello.ts";
import { isPrivateTopic } from "../../../service/event/codec/topic.ts";
import { codeOf } from "../event/codec/support.ts";

const HELLO = {
  publisher: "58edf3d5-b797-52ba-b70b-5647a5c19a27",
  epoch: 1_462_548_000_000_001,
  topic: "D",
  seq: 0,
  sentAt: 1_462_548_000_123_456,
  intervalMs: 1000,
  replay: "tcp://192.0.2.1:8867",
};

const WIRE = {
  hello: 1,
  publisher: HELLO.publisher,
  epoch: HELLO.epoch,
  topic: "D",
  seq: 0,
  sent: HELLO.sentAt,
  interval: 1000,
  replay: HELLO.replay,
};

Deno.test("encodeHello writes the map that the design names", () => {
  assert.deepEqual(decode(encodeHello(HELLO)), WIRE);
  assert.deepEqual(decode(encodeHello({ ...HELLO, replay: null })), { ...WIRE, replay: null });
});

Deno.test("decodeHello reads what encodeHello writes, and passes over other names", () => {
  assert.deepEqual(decodeHello(encodeHello(HELLO)), HELLO);
  assert.deepEqual(decodeHello(encode({ ...WIRE, later: [1] })), HELLO);
});

Deno.test("decodeHello refuses what is no hello", () => {
  const missing: Record<string, unknown> = { ...WIRE };
  delete missing["seq"];
  assert.equal(codeOf(() => decodeHello(encode(missing))), "FIELD_MISSING");
  const wrong = {
    hello: 2,
    publisher: "x",
    epoch: 0,
    seq: -1,
    sent: "1",
    interval: null,
    replay: 5,
  };
  for (const [name, value] of Object.entries(wrong)) {
    const code = codeOf(() => decodeHello(encode({ ...WIRE, [name]: value })));
    assert.equal(code, "FIELD_MISTYPED", name);
  }
  assert.equal(codeOf(() => decodeHello(encode({ ...WIRE, topic: "" }))), "TOPIC_INVALID");
  assert.equal(codeOf(() => decodeHello(encode([WIRE]))), "NOT_AN_EVENT");
  assert.equal(codeOf(() => decodeHello(new Uint8Array())), "TRUNCATED");
  const trailing = Uint8Array.from([...encode(WIRE), 0]);
  assert.equal(codeOf(() => decodeHello(trailing)), "TRAILING_BYTES");
});

Deno.test("helloTopic and topicOfHello are each other's way back, up to the longest topic", () => {
  for (const topic of ["D", "é", "t".repeat(255)]) {
    assert.equal(topicOfHello(helloTopic(topic)), topic);
    assert(isPrivateTopic(helloTopic(topic)));
  }
  assert.equal(topicOfHello("D"), undefined);
  assert.equal(topicOfHello("\u0001"), undefined);
  assert.equal(isPrivateTopic("D"), false);
  for (const topic of ["t".repeat(256), "\u0001D"]) {
    assert.equal(codeOf(() => helloTopic(topic)), "TOPIC_INVALID");
  }
});
