import assert from "node:assert/strict";
import { setTimeout } from "node:timers/promises";
import { createZmqDriver } from "../../../drivers/pubsub/zmq.ts";
import { sendNumbered } from "../../contract/pubsub_bus.ts";
import { bytesOf, FrameReader } from "../../support/frame_reader.ts";
import { withoutLeaks } from "../../support/handles.ts";
import { HealthReader } from "../../support/health_reader.ts";
import { hex } from "../../support/python_node.ts";
import { type PeerMessage, startPythonPeer } from "../../support/python_peer.ts";
import { RecordingLogger } from "../../support/fakes/recording_logger.ts";
import { testSettings } from "../../support/test_settings.ts";
import { zmqDriver } from "../../support/zmq/zmq_drivers.ts";
import { portOf, test } from "../../support/zmq/zmq_test.ts";
import { ZmtpSub } from "../../support/zmq/zmtp_client.ts";

const LOCAL = { "df.publisher_port": "0", "df.publisher_bind_address": "127.0.0.1" };
const SMALL = { ...LOCAL, "df_zmq.high_water_mark": "64", "df_zmq.node_name": "n1" };
const BIG = bytesOf("x".repeat(10_000));

Deno.test("zmq skips events for one subscriber alone and names it in a warning, when it never reads", () =>
  withoutLeaks(async () => {
    const log = new RecordingLogger();
    await using publisher = await createZmqDriver({ settings: testSettings(SMALL), log })
      .openPublisher();
    const health = new HealthReader(publisher.health);
    using stalled = await ZmtpSub.connect(Number(portOf(publisher.address)));
    await stalled.subscribe("D");
    await using subscriber = await zmqDriver().openSubscriber();
    const reader = new FrameReader(subscriber);
    subscriber.registerTopic("D");
    subscriber.registerListenAddress(publisher.address);
    await subscriber.ready({ timeoutMs: 10_000 });
    await health.has("peer-joined", 2);
    const skipped = () => publisher.peers?.().find(({ session }) => session === undefined)?.skipped;
    let sent = 0;
    for (; (skipped() ?? 0) < 200; sent++) {
      await publisher.send("D", BIG);
      if (sent % 20 === 0) await reader.count(sent);
    }
    const isWarned = () =>
      log.messages("warn").some((line) => /^Subscriber 127\.0\.0\.1:/.test(line));
    while (!isWarned()) await setTimeout(20);
    await reader.count(sent);
    assert.match(
      log.messages("warn").join(),
      /:\d+: it is more than 64 events behind and misses some$/,
    );
    const [peer] = publisher.peers?.().filter(({ session }) => session !== undefined) ?? [];
    assert.deepEqual([peer?.skipped, peer?.lost], [0, 0]);
  }));

test(
  "reports to a subscriber that it was skipped and the number of events it missed, when it reads again",
  async (bus) => {
    const publisher = await bus.publisher();
    const subscriber = await bus.subscriber();
    subscriber.registerTopic("D");
    subscriber.registerTopic("E");
    const gate = Promise.withResolvers<void>();
    const counts = { frames: 0, lost: 0, last: "" };
    const reading = (async () => {
      for await (const batch of subscriber.batches()) {
        for (const { gap, payload } of batch) {
          counts.lost += Number(/^(\d+) event/.exec(gap ?? "")?.[1] ?? 0);
          if (gap === undefined) counts.frames++;
          counts.last = new TextDecoder().decode(payload.subarray(0, 4));
        }
        await gate.promise;
      }
    })();
    await bus.follow(subscriber);
    const skipped = () => publisher.peers?.()[0]?.skipped ?? 0;
    let sent = 0;
    for (; skipped() < 500; sent++) {
      await publisher.send(sent % 10 === 0 ? "E" : "D", BIG);
      if (sent % 50 === 0) await setTimeout(1);
    }
    gate.resolve();
    while (counts.last !== "last") {
      await publisher.send("D", bytesOf("last"));
      sent++;
      await setTimeout(20);
    }
    await subscriber.stop({ timeoutMs: 2_000 });
    await reading;
    assert(counts.lost >= 500, `${counts.lost} announced`);
    assert.equal(counts.frames + counts.lost, sent);
  },
  { ...SMALL, "df_zmq.high_water_mark": "256" },
);

async function untilText(peer: { message(): Promise<PeerMessage> }, text: string) {
  const found: string[] = [];
  while (found.at(-1) !== text) {
    const { frames } = await peer.message();
    found.push(
      frames.map((frame) => new TextDecoder().decode(Uint8Array.fromHex(frame))).join("|"),
    );
  }
  return found;
}

Deno.test("zmq sends a skipped subscriber of the original one sync for each topic, including topics no longer stored", () =>
  withoutLeaks(async () => {
    await using publisher = await zmqDriver(SMALL).openPublisher({
      resync: (topic) => bytesOf(`read ${topic} again`),
    });
    const { address } = publisher;
    const options = { RCVHWM: 1 };
    await using peer = await startPythonPeer({ type: "SUB", role: "connect", address, options });
    for (const topic of ["a", "b", "c"]) await peer.order({ do: "subscribe", topic: hex(topic) });
    // The syncs after the start of the publisher.
    await untilText(peer, "c|read c again");
    await peer.order({ do: "hold" });
    const state = () => publisher.peers?.()[0];
    while ((state()?.backlog().events ?? 0) === 0) {
      await publisher.send("a", BIG);
      await setTimeout(0);
    }
    await publisher.send("b", bytesOf("missed"));
    while ((state()?.skipped ?? 0) < 1_000) {
      assert(state() !== undefined, "the subscriber has left");
      await publisher.send("a", BIG);
    }
    await peer.order({ do: "read" });
    // An event sent before the peer has room is among those that it misses.
    const again = setInterval(() => publisher.trySend("a", bytesOf("after")), 50);
    const found = await untilText(peer, "a|after").finally(() => clearInterval(again));
    const syncs = found.filter((text) => text.includes("again"));
    assert.deepEqual(
      syncs.sort(),
      ["a|read a again", "b|read b again"],
      found.slice(-4).map((text) => text.slice(0, 40)).join(),
    );
    assert(!found.includes("b|missed"));
  }));

Deno.test("zmq keeps a subscriber of the original that has no room for longer than heartbeat_timeout", () =>
  withoutLeaks(async () => {
    const short = { "df_zmq.heartbeat_interval": "0.1", "df_zmq.heartbeat_timeout": "0.2" };
    await using publisher = await zmqDriver({ ...SMALL, ...short }).openPublisher();
    const health = new HealthReader(publisher.health);
    const { address } = publisher;
    const options = { RCVHWM: 1 };
    await using peer = await startPythonPeer({ type: "SUB", role: "connect", address, options });
    await peer.order({ do: "subscribe", topic: hex("a") });
    const state = () => publisher.peers?.()[0];
    while ((state()?.topicCount ?? 0) < 1) await setTimeout(5);
    await peer.order({ do: "hold" });
    const filling = setInterval(() => publisher.trySend("a", BIG), 1);
    while (state()?.skipped === 0) await setTimeout(5);
    // The kernel's own timeout is at least a second.
    await setTimeout(2_500);
    clearInterval(filling);
    assert.deepEqual(health.kinds, ["peer-joined"]);
  }));

Deno.test("zmq sends a sync to subscribers of the original, when the publisher has started", () =>
  withoutLeaks(async () => {
    await using publisher = await zmqDriver().openPublisher({
      resync: (topic) => bytesOf(`read ${topic} again`),
    });
    const { address } = publisher;
    await using peer = await startPythonPeer({ type: "SUB", role: "connect", address });
    for (const topic of ["a", "b"]) await peer.order({ do: "subscribe", topic: hex(topic) });
    await using own = await zmqDriver().openSubscriber();
    const reader = new FrameReader(own);
    own.registerTopic("a");
    own.registerListenAddress(address);
    await own.ready({ timeoutMs: 10_000 });
    assert.deepEqual(await untilText(peer, "b|read b again"), ["a|read a again", "b|read b again"]);
    await publisher.send("a", bytesOf("1"));
    await reader.has("a|1");
    assert.deepEqual(reader.frames, ["a|1"]);
  }));

test(
  "delivers all events that were sent, when a publisher closes and its subscriber reads slowly",
  async (bus) => {
    const publisher = await bus.publisher();
    const subscriber = await bus.subscriber();
    subscriber.registerTopic("D");
    let seen = 0;
    const reading = (async () => {
      for await (const batch of subscriber.batches()) {
        seen += batch.length;
        await setTimeout(100);
      }
    })();
    await bus.follow(subscriber);
    const COUNT = 2_500;
    for (let sent = 0; sent < COUNT; sent++) publisher.trySend("D", BIG);
    assert.deepEqual(await publisher.close({ timeoutMs: 20_000 }), { flushed: true });
    await subscriber.stop({ timeoutMs: 20_000 });
    await reading;
    assert.equal(seen, COUNT);
  },
  {
    "df_zmq.heartbeat_interval": "0.1",
    "df_zmq.heartbeat_timeout": "0.4",
    "df_zmq.wire_log_bytes": "67108864",
  },
);

test(
  "keeps a connection, when heartbeats are more frequent than the connection checks",
  async (bus) => {
    const publisher = await bus.publisher();
    const { subscriber, reader } = await bus.reading("D");
    const health = new HealthReader(subscriber.health);
    await setTimeout(1_500);
    await sendNumbered(publisher, "D", { count: 3 });
    await reader.count(3);
    assert.deepEqual(health.kinds, []);
  },
  { "df_zmq.heartbeat_interval": "3", "df_zmq.heartbeat_timeout": "0.2" },
);
