import assert from "node:assert/strict";
import { freePort } from "../../support/deployment.ts";
import { bytesOf, FrameReader } from "../../support/frame_reader.ts";
import { HealthReader } from "../../support/health_reader.ts";
import { hex } from "../../support/python_node.ts";
import { startPythonPeer } from "../../support/python_peer.ts";
import { portOf, test } from "../../support/zmq/zmq_test.ts";

const MANY = 30_000;

test("is live on 30,000 topics, and receives the events of each", async (bus) => {
  const publisher = await bus.publisher();
  const subscriber = await bus.subscriber();
  const reader = new FrameReader(subscriber);
  const topicOf = (number: number) => `6b1c1f6e-0000-4000-8000-${String(number).padStart(12, "0")}`;
  for (let number = 0; number < MANY; number++) subscriber.registerTopic(topicOf(number));
  subscriber.registerListenAddress(publisher.address);
  await subscriber.ready({ timeoutMs: 30_000 });
  for (let number = 0; number < MANY; number += 3_000) {
    await publisher.send(topicOf(number), bytesOf("1"));
  }
  await reader.count(10);
  assert.equal(reader.frames.at(-1), `${topicOf(27_000)}|1`);
  assert.equal(publisher.peers?.()[0]?.topicCount, MANY);
}, { "df_zmq.max_subscriptions": String(MANY) });

test("disconnects a subscriber that has more topics than allowed, with the reason", async (bus) => {
  const publisher = await bus.publisher();
  const subscriber = await bus.subscriber();
  for (let number = 0; number < 11; number++) subscriber.registerTopic(`t${number}`);
  subscriber.registerListenAddress(publisher.address);
  const message = new RegExp(
    `^Not live: ${publisher.address} \\(the peer ended it: it has more than 10 subscr.*\\): waited 1 s$`,
  );
  await assert.rejects(subscriber.ready({ timeoutMs: 1_000 }), { code: "SEND_TIMEOUT", message });
  const refused = publisher.peerTotals?.refused.get("subscriptions") ?? 0;
  assert(refused > 0 && refused <= 7, `${refused} handshakes in 1 s: the pauses do not grow`);
}, { "df_zmq.max_subscriptions": "10" });

test("receives the topics that are registered at the end, when topics come and go in quick succession", async (bus) => {
  const publisher = await bus.publisher();
  const { subscriber, reader } = await bus.reading("stays");
  for (let round = 0; round < 2_000; round++) {
    subscriber.registerTopic("flips");
    publisher.trySend("flips", bytesOf(`${round}`));
    subscriber.unregisterTopic("flips");
    if (round % 100 === 0) await publisher.send("stays", bytesOf(`${round}`));
  }
  subscriber.registerTopic("flips");
  await subscriber.ready({ timeoutMs: 10_000 });
  await publisher.send("flips", bytesOf("last"));
  await reader.has("flips|last");
  const stays = reader.frames.filter((frame) => frame.startsWith("stays"));
  assert.deepEqual(stays, Array.from({ length: 20 }, (_, index) => `stays|${index * 100}`));
});

test("follows an address, when it comes and goes in quick succession", async (bus) => {
  const publisher = await bus.publisher();
  const { subscriber, reader } = await bus.reading("D");
  for (let round = 0; round < 300; round++) {
    subscriber.unregisterListenAddress(publisher.address);
    if (round % 3 === 0) await Promise.resolve();
    subscriber.registerListenAddress(publisher.address);
    if (round % 50 === 0) await subscriber.ready({ timeoutMs: 10_000 });
  }
  await subscriber.ready({ timeoutMs: 10_000 });
  await publisher.send("D", bytesOf("last"));
  await reader.has("D|last");
  assert.deepEqual(reader.frames, ["D|last"]);
});

test("reports why a publisher is not live, when it does not run", async (bus) => {
  const subscriber = await bus.subscriber();
  subscriber.registerTopic("D");
  for (const [count, more] of [[3, ""], [2, " and 2 more"]] as const) {
    for (let at = 0; at < count; at++) {
      subscriber.registerListenAddress(`tcp://127.0.0.1:${freePort()}`);
    }
    const failure = String.raw`tcp://127.0.0.1:\d+ \(connection refused\)`;
    const message = new RegExp(`^Not live: (${failure}(, )?){3}${more}: waited 0.5 s$`);
    const failed = { code: "SEND_TIMEOUT", message };
    await assert.rejects(subscriber.ready({ timeoutMs: 500 }), failed);
  }
  await subscriber.ready({ addresses: ["tcp://127.0.0.1:1"], timeoutMs: 100 });
});

test("reports its peers, their topics and their backlog", async (bus) => {
  const publisher = await bus.publisher();
  assert.deepEqual(publisher.peers?.(), []);
  const health = new HealthReader(publisher.health);
  await bus.reading("D", "tenant");
  const { address } = publisher;
  await using peer = await startPythonPeer({ type: "SUB", role: "connect", address });
  await health.has("peer-joined", 2);
  await peer.order({ do: "subscribe", topic: hex("größe") });
  const plain = () => publisher.peers?.().find(({ session }) => session === undefined);
  while (plain()?.topics()[0] !== "größe") await new Promise((resolve) => setTimeout(resolve, 5));
  const [own] = publisher.peers?.().filter(({ session }) => session !== undefined) ?? [];
  assert.deepEqual(own?.topics(), ["D", "tenant"]);
  assert.match(own?.address ?? "", /^127\.0\.0\.1:\d+$/);
  assert.deepEqual([own?.session?.node, own?.session?.processId], ["n1", Deno.pid]);
  assert.deepEqual(own?.backlog(), { events: 0, bytes: 0 });
  assert.deepEqual([own?.skipped, own?.replayed, own?.lost, own?.socketType], [0, 0, 0, "SUB"]);
}, { "df_zmq.node_name": "n1" });

test("sends a foreign subscriber exactly the topics to which it subscribed by prefix, counted", async (bus) => {
  const publisher = await bus.publisher();
  const { address } = publisher;
  await using peer = await startPythonPeer({ type: "SUB", role: "connect", address });
  const prefixes = () => publisher.peers?.()[0]?.topics().join() ?? "none";
  const until = async (wanted: string) => {
    for (let attempts = 0; prefixes() !== wanted && attempts < 500; attempts++) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    assert.equal(prefixes(), wanted);
  };
  const receivedTopics = async (count: number) => {
    const topics = [];
    for (const topic of ["a", "ab", "abc", "b", "größe", "z"]) {
      await publisher.send(topic, bytesOf("1"));
    }
    while (topics.length < count) {
      const { frames } = await peer.message();
      topics.push(new TextDecoder().decode(Uint8Array.fromHex(frames[0] ?? "")));
    }
    return topics.join();
  };
  for (const topic of ["ab", "ab", "gr"]) await peer.order({ do: "subscribe", topic: hex(topic) });
  await until("ab,gr");
  assert.equal(await receivedTopics(3), "ab,abc,größe");
  await peer.order({ do: "unsubscribe", topic: hex("ab") });
  await peer.order({ do: "subscribe", topic: hex("z") });
  await until("ab,gr,z");
  assert.equal(await receivedTopics(4), "ab,abc,größe,z");
  for (const topic of ["ab", "gr"]) await peer.order({ do: "unsubscribe", topic: hex(topic) });
  await until("z");
  assert.equal(await receivedTopics(1), "z");
  await peer.order({ do: "subscribe", topic: "" });
  await until("z,");
  assert.equal(await receivedTopics(6), "a,ab,abc,b,größe,z");
  assert.equal(portOf(address), portOf(publisher.address));
});
