import assert from "node:assert/strict";
import type { Frame, FrameSubscriber } from "../../../drivers/contract/pubsub.ts";
import { sendNumbered } from "../../contract/pubsub_bus.ts";
import { Collector } from "../../support/collector.ts";
import { bytesOf, FrameReader, shown } from "../../support/frame_reader.ts";
import { HealthReader } from "../../support/health_reader.ts";
import { interruptedReader } from "../../support/fakes/held_reader.ts";
import { startPythonPeer } from "../../support/python_peer.ts";
import { test } from "../../support/zmq/zmq_test.ts";

function read(subscriber: FrameSubscriber): Collector<Frame> {
  const found = new Collector<Frame>();
  const run = async () => {
    for await (const batch of subscriber.batches()) {
      found.add(...batch.map((frame) => ({ ...frame, payload: frame.payload.slice() })));
    }
  };
  void run();
  return found;
}

test("says how far back it reaches, when the log has overwritten events", async (bus) => {
  const opened = Date.now();
  const publisher = await bus.publisher();
  const follow = async (last: number) => {
    const subscriber = await bus.subscriber();
    const found = read(subscriber);
    subscriber.registerTopic("D", { last });
    await bus.follow(subscriber);
    await found.has(() => found.items.at(-1)?.past?.kind === "end", "the end of the past");
    const [first] = found.items;
    assert(first?.past?.kind === "start");
    const { frames, keptSince = 0 } = first.past;
    return { frames, keptSince, texts: found.items.slice(1, -1).map(shown) };
  };
  await sendNumbered(publisher, "D", { count: 3 });
  const whole = await follow(9);
  assert.deepEqual(whole.texts, ["D|0", "D|1", "D|2"]);
  assert(whole.keptSince >= opened && whole.keptSince <= Date.now());
  const before = Date.now();
  await sendNumbered(publisher, "D", { count: 600 });
  const rest = await follow(599);
  assert.deepEqual([rest.frames, rest.texts.length], [512, 512]);
  assert.deepEqual([rest.texts.at(0), rest.texts.at(-1)], ["D|88", "D|599"]);
  assert(rest.keptSince >= before && rest.keptSince <= Date.now());
}, { "df_zmq.high_water_mark": "512" });

test("resumes the past where a connection was cut, and marks its end once", async (bus) => {
  const publisher = await bus.publisher();
  const payload = "x".repeat(1_000);
  for (let number = 0; number < 5_000; number++) {
    await publisher.send("D", bytesOf(`${number} ${payload}`));
  }
  await using interrupted = await interruptedReader(bus, publisher, "D|<start 5000>");
  const { reader } = interrupted;
  await publisher.send("D", bytesOf("new"));
  interrupted.goOn();
  await reader.has("D|new");
  const numbers = reader.frames.map((frame) => frame.split(" ")[0]);
  const past = Array.from({ length: 5_000 }, (_, number) => `D|${number}`);
  assert.deepEqual(numbers, ["D|<start", ...past, "D|<end>", "D|new"]);
}, { "df_zmq.wire_log_bytes": String(16 * 2 ** 20) });

test("has no past, when a publisher is without our session, which gets nothing new", async (bus) => {
  const bind = { type: "PUB", role: "bind", address: "tcp://127.0.0.1:*" } as const;
  await using peer = await startPythonPeer(bind);
  const subscriber = await bus.subscriber();
  const reader = new FrameReader(subscriber);
  subscriber.registerTopic("D", { last: 10 });
  subscriber.registerListenAddress(peer.address);
  await reader.has("D|<end>");
  assert.deepEqual(reader.frames, ["D|<start 0>", "D|<end>"]);
});

test("refuses a subscriber that looks back again and again", async (bus) => {
  const publisher = await bus.publisher();
  await sendNumbered(publisher, "D", { count: 500 });
  const subscriber = await bus.subscriber();
  const health = new HealthReader(subscriber.health);
  void new FrameReader(subscriber);
  subscriber.registerTopic("D", { since: "start" });
  await bus.follow(subscriber);
  for (let again = 0; again < 3; again++) {
    subscriber.unregisterTopic("D");
    subscriber.registerTopic("D", { since: "start" });
  }
  await health.has("disconnected");
  assert.equal(publisher.peerTotals?.refused.get("replays"), 1);
}, { "df_zmq.high_water_mark": "512" });

test(
  "sends all that the log has of each topic, when it moves on between the requests",
  async (bus) => {
    const publisher = await bus.publisher();
    const subscriber = await bus.subscriber();
    const reader = new FrameReader(subscriber);
    subscriber.registerListenAddress(publisher.address);
    for (const topic of ["D", "E"]) {
      await sendNumbered(publisher, topic, { count: 512 });
      subscriber.registerTopic(topic, { since: "start" });
      await reader.has(`${topic}|<end>`);
    }
    assert.equal(reader.frames.length, 2 * 512 + 4);
    assert.deepEqual([...publisher.peerTotals?.refused ?? []], []);
  },
  { "df_zmq.high_water_mark": "512" },
);
