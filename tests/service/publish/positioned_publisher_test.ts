import assert from "node:assert/strict";
import { DriverError } from "../../../drivers/contract/errors.ts";
import { newEpoch } from "../../../service/base/epoch.ts";
import { decodeUpdate } from "../../../service/event/codec/decode.ts";
import { encodeUpdate } from "../../../service/event/codec/encode.ts";
import { PayloadChecker } from "../../../service/event/codec/payload_checker.ts";
import { dbUpdate } from "../../../service/event/db_update.ts";
import {
  PositionedPublisher,
  type PositionedPublisherOptions,
} from "../../../service/publish/positioned_publisher.ts";
import { FAKE_EPOCH_MS, FakeClock } from "../../support/fakes/fake_clock.ts";
import { FakeFrames } from "../../support/fakes/fake_frames.ts";

const ID = "58edf3d5-b797-52ba-b70b-5647a5c19a27";

function payloadOf(key: string, value = ""): Uint8Array {
  return encodeUpdate(dbUpdate({ table: "lport", key, action: "set", value }), "map");
}

function setUp(options: Partial<PositionedPublisherOptions> = {}) {
  const frames = new FakeFrames();
  const clock = new FakeClock();
  const publisher = new PositionedPublisher(frames, {
    id: ID,
    clock,
    maxEventBytes: 4096,
    ...options,
  });
  const sent = () =>
    frames.sent.map(({ topic, payload }) => {
      const { key, origin } = decodeUpdate(payload, topic);
      return origin === undefined ? `${topic} ${key}` : `${topic} ${key} ${origin.seq}`;
    });
  return { frames, clock, publisher, sent };
}

Deno.test("PositionedPublisher numbers events from 1 in each topic", () => {
  const { publisher, sent } = setUp();
  for (const topic of ["D", "D", "t", "D", "t"]) publisher.trySend(topic, payloadOf("k"));
  assert.deepEqual(sent(), ["D k 1", "D k 2", "t k 1", "D k 3", "t k 2"]);
  assert.deepEqual([...publisher.topics()], ["D", "t"]);
});

Deno.test("PositionedPublisher stamps publisher, epoch, seq and time", () => {
  const before = newEpoch(new FakeClock());
  const { publisher, frames } = setUp();
  publisher.trySend("t", payloadOf("k"));
  const { origin } = decodeUpdate(frames.sent[0]?.payload ?? new Uint8Array(), "t");
  const { epoch, ...rest } = origin ?? {};
  assert.equal(epoch, before + 1);
  assert.deepEqual(rest, {
    publisher: ID,
    topic: "t",
    seq: 1,
    sentAt: FAKE_EPOCH_MS * 1000,
  });
});

Deno.test("PositionedPublisher uses no seq, when an event was not accepted", async () => {
  const { publisher, frames, clock, sent } = setUp();
  frames.hasRoom = false;
  assert.equal(publisher.trySend("D", payloadOf("a")), false);
  frames.failure = new DriverError("TRANSPORT_FAILED", "broken");
  assert.throws(() => publisher.trySend("D", payloadOf("c")), { code: "TRANSPORT_FAILED" });
  const late = publisher.send("D", payloadOf("d"), { timeoutMs: 5 });
  await clock.settle();
  frames.timeOut();
  await assert.rejects(late, { code: "SEND_TIMEOUT" });
  frames.makeRoom();
  publisher.trySend("D", payloadOf("e"));
  assert.deepEqual(sent(), ["D e 1"]);
});

Deno.test("PositionedPublisher keeps the order, while one event waits for room", async () => {
  const { publisher, frames, clock, sent } = setUp();
  frames.hasRoom = false;
  const waiting = ["a", "b", "c"].map((key) => publisher.send("D", payloadOf(key)));
  await clock.settle();
  frames.hasRoom = true;
  assert.equal(publisher.trySend("D", payloadOf("early")), false);
  assert.equal(publisher.trySend("t", payloadOf("early")), false);
  frames.makeRoom();
  await Promise.all(waiting);
  publisher.trySend("D", payloadOf("late"));
  assert.deepEqual(sent(), ["D a 1", "D b 2", "D c 3", "D late 4"]);
});

Deno.test("PositionedPublisher continues with the others, when a waiting event behind the first is aborted", async () => {
  const { publisher, frames, sent } = setUp();
  frames.hasRoom = false;
  const abort = new AbortController();
  const first = publisher.send("D", payloadOf("a"));
  const second = publisher.send("D", payloadOf("b"), { signal: abort.signal });
  const third = publisher.send("D", payloadOf("c"));
  abort.abort(new Error("enough"));
  await assert.rejects(second, { message: "enough" });
  frames.makeRoom();
  await Promise.all([first, third]);
  assert.deepEqual(sent(), ["D a 1", "D c 2"]);
});

Deno.test("PositionedPublisher includes the wait for others in the timeout of a send", async () => {
  const { publisher, frames, clock } = setUp();
  frames.hasRoom = false;
  const first = publisher.send("D", payloadOf("a"));
  const second = assert.rejects(publisher.send("D", payloadOf("b"), { timeoutMs: 50 }), {
    code: "SEND_TIMEOUT",
  });
  await clock.advance(50);
  await second;
  frames.makeRoom();
  await first;
  assert.equal(frames.sent.length, 1);
});

Deno.test("PositionedPublisher numbers sends in the order of the calls, when a broker confirms", async () => {
  const { publisher, frames, sent } = setUp({ confirms: true });
  frames.hasRoom = false;
  const failing = publisher.send("D", payloadOf("a"));
  frames.timeOut();
  await assert.rejects(failing, { code: "SEND_TIMEOUT" });
  const others = ["b", "c"].map((key) => publisher.send("D", payloadOf(key)));
  frames.makeRoom();
  await Promise.all(others);
  assert.deepEqual(sent(), ["D b 2", "D c 3"]);
});

Deno.test("PositionedPublisher sends an event of exactly the maximum size without a stamp and a seq", async () => {
  const { publisher, frames } = setUp();
  const bare = payloadOf("k", "v".repeat(100)).length;
  const largest = payloadOf("k", "v".repeat(100 + 4096 - bare));
  assert.equal(largest.length, 4096);
  assert.equal(publisher.trySend("D", largest), true);
  await publisher.send("D", largest);
  assert.deepEqual(frames.sent.map(({ payload }) => payload), [largest, largest]);
  // A stamp takes 91 bytes: this event has exactly enough room for it.
  publisher.trySend("D", payloadOf("k", "v".repeat(100 + 4096 - bare - 91)));
  assert.equal(frames.sent[2]?.payload.length, 4096);
  assert.equal(decodeUpdate(frames.sent[2]?.payload ?? largest, "D").origin?.seq, 1);
});

Deno.test("PositionedPublisher refuses an event, when it has a forged stamp and no room for ours", async () => {
  const { publisher, frames } = setUp();
  const text = (value: string) =>
    encodeUpdate(dbUpdate({ table: "lport", key: "k", action: "set", value }), "json");
  const stamp = `{"publisher": "${ID}", "epoch": 1, "seq": 9, "sent": 0, `;
  const forged = (length: number) => {
    const inner = new TextDecoder().decode(text("v".repeat(length)).subarray(3));
    const bytes = new TextEncoder().encode(stamp + inner.slice(1));
    return Uint8Array.of(0xda, bytes.length >> 8, bytes.length & 0xff, ...bytes);
  };
  const payload = forged(3_870);
  assert.equal(decodeUpdate(payload, "D").origin?.seq, 9);
  assert.throws(() => publisher.trySend("D", payload), { code: "FRAME_TOO_LARGE" });
  await assert.rejects(publisher.send("D", payload), { code: "FRAME_TOO_LARGE" });
  assert.equal(frames.sent.length, 0);
  publisher.trySend("D", forged(300));
  assert.equal(decodeUpdate(frames.sent[0]?.payload ?? payload, "D").origin?.seq, 1);
});

Deno.test("PositionedPublisher replaces a local publisher's stamp with its own", async () => {
  const local = setUp({ id: "975ba0f4-e4b5-5e8a-9501-f23d9b9abca6" });
  local.publisher.trySend("D", payloadOf("k"));
  const payload = local.frames.sent[0]?.payload ?? new Uint8Array();
  const checker = new PayloadChecker();
  checker.check(payload);
  const { publisher, frames } = setUp();
  publisher.trySend("D", payload, checker.stampOffset);
  await publisher.send("D", payload, { stampOffset: checker.stampOffset });
  publisher.trySend("D", payloadOf("k"));
  const [first, second, third] = frames.sent.map((frame) => frame.payload);
  assert.deepEqual([first?.length, second?.length], [third?.length, third?.length]);
  assert.equal(decodeUpdate(first ?? payload, "D").origin?.publisher, ID);
});

Deno.test("PositionedPublisher counts accepted events, whatever the way of sending, and nothing else", async () => {
  const { publisher, frames, clock } = setUp();
  assert.equal(publisher.trySend("D", payloadOf("a")), true);
  assert.equal(publisher.trySend("D", payloadOf("b")), true);
  await publisher.send("D", payloadOf("c"));
  frames.hasRoom = false;
  assert.equal(publisher.trySend("D", payloadOf("d")), false);
  const late = publisher.send("D", payloadOf("e"), { timeoutMs: 5 });
  await clock.settle();
  frames.timeOut();
  await assert.rejects(late, { code: "SEND_TIMEOUT" });
  const bytes = frames.sent.reduce((sum, { payload }) => sum + payload.length, 0);
  assert.deepEqual(publisher.sent, { events: 3, bytes });
});

Deno.test("PositionedPublisher copies an event that waits for room, when a broker confirms", async () => {
  const { publisher, frames, sent } = setUp({ confirms: true });
  frames.hasRoom = false;
  const payload = payloadOf("before");
  const waiting = publisher.send("D", payload);
  payload.fill(0);
  frames.makeRoom();
  await waiting;
  assert.deepEqual(sent(), ["D before 1"]);
});

Deno.test("PositionedPublisher begins a topic again in a later epoch, when it had forgotten the topic", () => {
  for (const format of ["map", "json"] as const) {
    const { publisher, frames } = setUp({ rememberedTopics: 2 });
    const payload = encodeUpdate(dbUpdate({ table: "t", key: "k", action: "set" }), format);
    for (const topic of ["a", "a", "b", "c", "d", "e", "a", "e"]) publisher.trySend(topic, payload);
    const origins = frames.sent.map(({ topic, payload }) => decodeUpdate(payload, topic).origin);
    assert.deepEqual(origins.map((origin) => origin?.seq), [1, 2, 1, 1, 1, 1, 1, 2]);
    const [first = 0, second, , , , e, again = 0, eAgain] = origins.map((each) => each?.epoch);
    assert.equal(first, second);
    assert(again > first, `${format}: ${again} after ${first}`);
    assert.equal(e, eAgain, format);
  }
});

Deno.test("PositionedPublisher sends nothing and uses no seq, when the signal of a send has aborted", async () => {
  for (const confirms of [false, true]) {
    const { publisher, sent } = setUp({ confirms });
    const aborted = publisher.send("D", payloadOf("a"), { signal: AbortSignal.abort() });
    await assert.rejects(aborted, { name: "AbortError" });
    await publisher.send("D", payloadOf("b"));
    assert.deepEqual(sent(), ["D b 1"]);
  }
});
