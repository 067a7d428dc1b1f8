import assert from "node:assert/strict";
import type { FrameSubscriber } from "../../../drivers/contract/pubsub.ts";
import { Collector } from "../../support/collector.ts";
import { bytesOf, shown } from "../../support/frame_reader.ts";
import { HealthReader } from "../../support/health_reader.ts";
import { startProxy } from "../../support/tcp_proxy.ts";
import { zmqDriver } from "../../support/zmq/zmq_drivers.ts";
import { portOf, test } from "../../support/zmq/zmq_test.ts";

/** Collects arrivals as `topic|payload` or `topic: gap`. */
function read(subscriber: FrameSubscriber): Collector<string> {
  const found = new Collector<string>();
  const run = async () => {
    for await (const batch of subscriber.batches()) {
      found.add(...batch.map((each) => each.gap ? `${each.topic}: ${each.gap}` : shown(each)));
    }
  };
  void run();
  return found;
}

test("reports a gap for a topic, when it was registered while there was no connection", async (bus) => {
  const publisher = await bus.publisher();
  await using proxy = await startProxy(Number(portOf(publisher.address)));
  const subscriber = await bus.subscriber();
  const health = new HealthReader(subscriber.health);
  const found = read(subscriber);
  subscriber.registerListenAddress(proxy.uri);
  await subscriber.ready({ timeoutMs: 10_000 });
  proxy.cut();
  await health.has("disconnected");
  subscriber.registerTopic("late");
  await publisher.send("late", bytesOf("1"));
  proxy.mend();
  await health.has("live confirmed", 2);
  await publisher.send("late", bytesOf("2"));
  await found.has((items) => items.includes("late|2"), "the event after");
  const gap = "late: the topic was subscribed to while there was no connection";
  assert.deepEqual(found.items, [gap, "late|2"]);
});

test("reports a gap for a topic, when the connection is lost before the topic is live", async (bus) => {
  const publisher = await bus.publisher();
  let isSilent = false;
  const transform = () =>
    new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
      transform: (bytes, passage) => isSilent ? undefined : passage.enqueue(bytes),
    });
  await using proxy = await startProxy(Number(portOf(publisher.address)), transform);
  const subscriber = await bus.subscriber();
  const health = new HealthReader(subscriber.health);
  const found = read(subscriber);
  subscriber.registerListenAddress(proxy.uri);
  await subscriber.ready({ timeoutMs: 10_000 });
  isSilent = true;
  subscriber.registerTopic("late");
  await publisher.send("late", bytesOf("1"));
  proxy.cut();
  await health.has("disconnected");
  isSilent = false;
  proxy.mend();
  await health.has("live confirmed", 2);
  await publisher.send("late", bytesOf("2"));
  await found.has((items) => items.includes("late|2"), "the event after");
  const gap = "late: the connection was lost before the topic was live";
  assert.deepEqual(found.items, [gap, "late|2"]);
});

test("reports a gap for a topic and receives all later events, when it was registered while a publisher restarted", async (bus) => {
  const first = await bus.publisher();
  const subscriber = await bus.subscriber();
  const health = new HealthReader(subscriber.health);
  const found = read(subscriber);
  await bus.follow(subscriber);
  await first.close({ timeoutMs: 5_000 });
  await health.has("disconnected");
  subscriber.registerTopic("late");
  await using again = await zmqDriver({ "df.publisher_port": portOf(first.address) })
    .openPublisher();
  await again.send("late", bytesOf("1"));
  await health.has("live confirmed", 2);
  await again.send("late", bytesOf("2"));
  await found.has((items) => items.includes("late|2"), "the event after");
  assert.deepEqual(found.items, ["late: the publisher restarted", "late|1", "late|2"]);
});
