import assert from "node:assert/strict";
import { encodeUpdate } from "../../../service/event/codec/encode.ts";
import { dbUpdate } from "../../../service/event/db_update.ts";
import { HeardTopics } from "../../../service/publish/heard_topics.ts";
import { decodeHello, helloTopic } from "../../../service/protocol/hello.ts";
import { HelloSender } from "../../../service/publish/hello_sender.ts";
import { PositionedPublisher } from "../../../service/publish/positioned_publisher.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { FakeFrames } from "../../support/fake_frames.ts";

const ID = "58edf3d5-b797-52ba-b70b-5647a5c19a27";
const EVENT = encodeUpdate(dbUpdate({ table: null, key: null, action: "sync" }), "map");

function setUp(heard?: HeardTopics) {
  const events = new FakeFrames();
  const sink = new FakeFrames();
  const clock = new FakeClock();
  const publisher = new PositionedPublisher(events, { id: ID, clock, maxEventBytes: 4096 });
  const options = { sink, intervalMs: 1000, heard, replay: "tcp://192.0.2.1:1", clock };
  const sender = new HelloSender(publisher, options);
  const said = () =>
    sink.sent.splice(0).map(({ topic, payload }) => {
      const hello = decodeHello(payload);
      assert.equal(topic, helloTopic(hello.topic));
      return `${hello.topic} ${hello.seq}`;
    });
  return { sink, clock, publisher, sender, said };
}

Deno.test("HelloSender says where every topic stands, at each interval", async () => {
  const { clock, publisher, sender, said } = setUp();
  await clock.advance(1000);
  assert.deepEqual(said(), []);
  publisher.trySend("D", EVENT);
  publisher.trySend("D", EVENT);
  publisher.trySend("t", EVENT);
  await clock.advance(999);
  assert.deepEqual(said(), []);
  await clock.advance(1);
  assert.deepEqual(said(), ["D 2", "t 1"]);
  await clock.advance(2000);
  assert.deepEqual(said(), ["D 2", "t 1", "D 2", "t 1"]);
  await sender[Symbol.asyncDispose]();
});

Deno.test("HelloSender says who, when, how often and where to ask", async () => {
  const { sink, clock, publisher, sender } = setUp();
  publisher.trySend("D", EVENT);
  await clock.advance(1000);
  assert.deepEqual(decodeHello(sink.sent[0]?.payload ?? EVENT), {
    publisher: ID,
    epoch: publisher.epoch,
    topic: "D",
    seq: 1,
    sentAt: clock.micros(),
    intervalMs: 1000,
    replay: "tcp://192.0.2.1:1",
  });
  await sender[Symbol.asyncDispose]();
});

Deno.test("HelloSender answers a subscription at once, and a crowd of them once more", async () => {
  const heard = new HeardTopics();
  heard.note("\u0001early");
  const { clock, publisher, sender, said } = setUp(heard);
  assert.deepEqual(said(), ["early 0"]);
  publisher.trySend("D", EVENT);
  for (let i = 0; i < 1000; i++) heard.note("\u0001D");
  heard.note("D");
  heard.note("\u0001");
  assert.deepEqual(said(), ["D 1"]);
  await clock.advance(10);
  assert.deepEqual(said(), ["D 1"]);
  await clock.advance(20);
  assert.deepEqual(said(), []);
  heard.note("\u0001D");
  assert.deepEqual(said(), ["D 1"]);
  assert.equal(sender.counters.sent, 4);
  await sender[Symbol.asyncDispose]();
});

Deno.test("HelloSender says nothing of topics that nobody asked for, where that is known", async () => {
  const heard = new HeardTopics();
  const { clock, publisher, sender, said } = setUp(heard);
  publisher.trySend("D", EVENT);
  publisher.trySend("t", EVENT);
  heard.note("\u0001t");
  await clock.advance(1000);
  assert.deepEqual(said(), ["t 1", "t 1"]);
  await sender[Symbol.asyncDispose]();
});

Deno.test("HelloSender never waits and goes on, when the driver has no room or fails", async () => {
  const { sink, clock, publisher, sender, said } = setUp();
  publisher.trySend("D", EVENT);
  sink.hasRoom = false;
  await clock.advance(1000);
  sink.hasRoom = true;
  sink.failure = new Error("broken");
  await clock.advance(1000);
  assert.deepEqual(said(), []);
  assert.equal(sender.counters.refused, 2);
  await clock.advance(1000);
  assert.deepEqual(said(), ["D 1"]);
  await sender[Symbol.asyncDispose]();
});

Deno.test("HelloSender says it for the last time when it is disposed, and leaves no timer", async () => {
  const { clock, publisher, sender, said } = setUp();
  publisher.trySend("D", EVENT);
  await sender[Symbol.asyncDispose]();
  await sender[Symbol.asyncDispose]();
  assert.deepEqual(said(), ["D 1"]);
  assert.equal(clock.sleepers, 0);
});

Deno.test("HeardTopics remembers a bounded number of topics", () => {
  const heard = new HeardTopics();
  for (let i = 0; i < 12_000; i++) heard.note(`\u0001t${i}`);
  heard.note(`\u0001${"t".repeat(256)}`);
  assert.equal([...heard.topics].length, 10_000);
});

Deno.test("HelloSender says where a published topic stands, though others took all the room to be heard", async () => {
  const heard = new HeardTopics();
  for (let topic = 0; topic < 10_000; topic++) heard.note(`\u0001junk${topic}`);
  const { clock, publisher, sender, said } = setUp(heard);
  heard.note("\u0001late");
  publisher.trySend("late", EVENT);
  said();
  await clock.advance(1000);
  assert(said().includes("late 1"));
  await sender[Symbol.asyncDispose]();
});
