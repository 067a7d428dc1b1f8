import assert from "node:assert/strict";
import { setTimeout } from "node:timers/promises";
import type { Frame, FrameSubscriber } from "../../../drivers/contract/pubsub.ts";
import { Collector } from "../../support/collector.ts";
import { bytesOf } from "../../support/frame_reader.ts";
import { HealthReader } from "../../support/health_reader.ts";
import { startPythonPeer } from "../../support/python_peer.ts";
import { startProxy } from "../../support/tcp_proxy.ts";
import { zmqDriver } from "../../support/zmq/zmq_drivers.ts";
import { portOf, test } from "../../support/zmq/zmq_test.ts";

const CUTS = 50;

/** Collects arrivals as `topic|payload` or `topic: gap`. */
function read(subscriber: FrameSubscriber): Collector<string> {
  const found = new Collector<string>();
  const run = async () => {
    for await (const batch of subscriber.batches()) found.add(...batch.map(textOf));
  };
  void run();
  return found;
}

function textOf({ topic, payload, gap }: Frame): string {
  return gap === undefined ? `${topic}|${new TextDecoder().decode(payload)}` : `${topic}: ${gap}`;
}

function numbers(found: readonly string[], topic: string): string[] {
  return found.filter((each) => each.startsWith(topic));
}

test("loses and repeats nothing, when a connection is cut 50 times under load", async (bus) => {
  const publisher = await bus.publisher();
  await using proxy = await startProxy(Number(portOf(publisher.address)));
  const subscriber = await bus.subscriber();
  const health = new HealthReader(subscriber.health);
  const found = read(subscriber);
  for (const topic of ["D", "tenant"]) subscriber.registerTopic(topic);
  subscriber.registerListenAddress(proxy.uri);
  await subscriber.ready({ timeoutMs: 10_000 });
  let sent = 0;
  let isSending = true;
  const sending = (async () => {
    for (; isSending; await setTimeout(1)) {
      for (let count = 0; count < 20; count++, sent++) {
        for (const topic of ["D", "tenant", "other"]) publisher.trySend(topic, bytesOf(`${sent}`));
      }
    }
  })();
  for (let cut = 1; cut <= CUTS; cut++) {
    proxy.cut();
    await health.has("disconnected", cut);
    proxy.mend();
    await health.has("live confirmed", cut + 1);
  }
  isSending = false;
  await sending;
  await found.has(() => found.items.includes(`tenant|${sent - 1}`), "the last event");
  for (const topic of ["D", "tenant"]) {
    const wanted = Array.from({ length: sent }, (_, number) => `${topic}|${number}`);
    assert.deepEqual(numbers(found.items, topic), wanted);
  }
  assert(publisher.peers?.().every(({ lost, skipped }) => lost === 0 && skipped === 0));
});

test(
  "reports one exact gap for each topic, when disconnected for longer than the log lasts",
  async (bus) => {
    const publisher = await bus.publisher();
    await using proxy = await startProxy(Number(portOf(publisher.address)));
    const subscriber = await bus.subscriber();
    const health = new HealthReader(subscriber.health);
    const found = read(subscriber);
    for (const topic of ["a", "b", "c"]) subscriber.registerTopic(topic);
    subscriber.registerListenAddress(proxy.uri);
    await subscriber.ready({ timeoutMs: 10_000 });
    for (const topic of ["a", "b", "c"]) await publisher.send(topic, bytesOf("0"));
    await found.count(3);
    proxy.cut();
    await health.has("disconnected");
    for (let number = 1; number <= 3; number++) await publisher.send("b", bytesOf(`${number}`));
    for (let number = 1; number <= 100; number++) await publisher.send("a", bytesOf(`${number}`));
    proxy.mend();
    await health.has("live confirmed", 2);
    for (const topic of ["a", "b", "c"]) await publisher.send(topic, bytesOf("after"));
    await found.has((items) => items.includes("c|after"), "the event after");
    const after = found.items.slice(3);
    const kept = Array.from({ length: 16 }, (_, index) => `a|${85 + index}`);
    assert.deepEqual(numbers(after, "a"), [
      "a: 84 events can no longer be sent again",
      ...kept,
      "a|after",
    ]);
    assert.deepEqual(numbers(after, "b"), ["b: 3 events can no longer be sent again", "b|after"]);
    assert.deepEqual(numbers(after, "c"), ["c|after"]);
    const [peer] = publisher.peers?.() ?? [];
    assert.deepEqual([peer?.lost, peer?.replayed, peer?.skipped], [87, 16, 0]);
  },
  { "df_zmq.high_water_mark": "16" },
);

test("reports one gap for each topic and receives all events since, when a publisher restarts at its port", async (bus) => {
  const first = await bus.publisher();
  const subscriber = await bus.subscriber();
  const health = new HealthReader(subscriber.health);
  const found = read(subscriber);
  for (const topic of ["a", "b"]) subscriber.registerTopic(topic);
  await bus.follow(subscriber);
  await first.send("a", bytesOf("1"));
  await first.close({ timeoutMs: 5_000 });
  await health.has("disconnected");
  await using again = await zmqDriver({ "df.publisher_port": portOf(first.address) })
    .openPublisher();
  for (const payload of ["early 1", "early 2"]) await again.send("a", bytesOf(payload));
  await health.has("live confirmed", 2);
  for (const topic of ["a", "b"]) await again.send(topic, bytesOf("2"));
  await found.has((items) => items.includes("b|2"), "the event after");
  assert.deepEqual(found.items, [
    "a|1",
    "a: the publisher restarted",
    "b: the publisher restarted",
    "a|early 1",
    "a|early 2",
    "a|2",
    "b|2",
  ]);
  const [peer] = again.peers?.() ?? [];
  assert.deepEqual([peer?.lost, peer?.replayed], [0, 2]);
});

test("reports a gap for each topic at every reconnection, when a publisher is without our session", async (bus) => {
  await using peer = await startPythonPeer({
    type: "PUB",
    role: "bind",
    address: "tcp://127.0.0.1:*",
  });
  await using proxy = await startProxy(Number(portOf(peer.address)));
  const subscriber = await bus.subscriber();
  const health = new HealthReader(subscriber.health);
  const found = read(subscriber);
  for (const topic of ["a", "b"]) subscriber.registerTopic(topic);
  subscriber.registerListenAddress(proxy.uri);
  await subscriber.ready({ timeoutMs: 10_000 });
  for (let cut = 1; cut <= 3; cut++) {
    proxy.cut();
    await health.has("disconnected", cut);
    proxy.mend();
    await health.has("live handshake", cut + 1);
    await found.count(2 * cut);
  }
  const gaps = ["a: the connection was lost", "b: the connection was lost"];
  assert.deepEqual(found.items, [...gaps, ...gaps, ...gaps]);
});

test(
  "reports a gap in place of an event that is larger than the subscriber accepts",
  async (bus) => {
    await using publisher = await zmqDriver().openPublisher();
    await using proxy = await startProxy(Number(portOf(publisher.address)));
    const subscriber = await bus.subscriber();
    const health = new HealthReader(subscriber.health);
    const found = read(subscriber);
    subscriber.registerTopic("D");
    subscriber.registerListenAddress(proxy.uri);
    await subscriber.ready({ timeoutMs: 10_000 });
    await publisher.send("D", bytesOf("1"));
    await publisher.send("D", new Uint8Array(100_000));
    await publisher.send("D", bytesOf("3"));
    await found.count(3);
    proxy.cut();
    await health.has("disconnected");
    proxy.mend();
    await health.has("live confirmed", 2);
    await publisher.send("D", bytesOf("4"));
    await found.has((items) => items.includes("D|4"), "the event after");
    const gap = "D: an event is larger than pub_sub_max_event_bytes";
    assert.deepEqual(found.items, ["D|1", gap, "D|3", "D|4"]);
    assert.equal(subscriber.counters.dropped, 1);
  },
  { "df.pub_sub_max_event_bytes": "4096" },
);

test(
  "loses nothing of a turn that sends more than the log keeps, when the kernel has room",
  async (bus) => {
    const publisher = await bus.publisher();
    const subscriber = await bus.subscriber();
    const found = read(subscriber);
    subscriber.registerTopic("D");
    await bus.follow(subscriber);
    for (let number = 0; number < 40_000; number++) publisher.trySend("D", bytesOf(`${number}`));
    await found.count(40_000);
    assert.equal(found.items.at(-1), "D|39999");
  },
  { "df_zmq.high_water_mark": "8192" },
);

test("reports no gap on a topic without events, when a connection is lost while other topics have events", async (bus) => {
  const publisher = await bus.publisher();
  await using proxy = await startProxy(Number(portOf(publisher.address)));
  const subscriber = await bus.subscriber();
  const health = new HealthReader(subscriber.health);
  const found = read(subscriber);
  for (const topic of ["busy", "quiet", "woken"]) subscriber.registerTopic(topic);
  subscriber.registerListenAddress(proxy.uri);
  await subscriber.ready({ timeoutMs: 10_000 });
  for (let cut = 1; cut <= 2; cut++) {
    proxy.cut();
    await health.has("disconnected", cut);
    await publisher.send("busy", bytesOf(`${cut}`));
    if (cut === 2) await publisher.send("woken", bytesOf("1"));
    proxy.mend();
    await health.has("live confirmed", cut + 1);
  }
  await publisher.send("quiet", bytesOf("1"));
  await found.count(4);
  assert.deepEqual(found.items.toSorted(), ["busy|1", "busy|2", "quiet|1", "woken|1"]);
});
