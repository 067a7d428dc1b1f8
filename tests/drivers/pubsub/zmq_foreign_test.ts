import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { setTimeout } from "node:timers/promises";
import type { FramePublisher, FrameSubscriber } from "../../../drivers/contract/pubsub.ts";
import { Bus } from "../../contract/pubsub_bus.ts";
import { bytesOf, FrameReader } from "../../support/frame_reader.ts";
import { withoutLeaks } from "../../support/handles.ts";
import { HealthReader } from "../../support/health_reader.ts";
import { type PythonPeer, startPythonPeer } from "../../support/python_peer.ts";
import { tempDir } from "../../support/temp_dir.ts";
import { zmqDriver, zmqMultiprocDriver } from "../../support/zmq/zmq_drivers.ts";

const LIMIT = 4096;
const SETTINGS = { "df.pub_sub_max_event_bytes": String(LIMIT) };

function hex(text: string): string {
  return Buffer.from(text).toString("hex");
}

const good = (number: number) => [hex("D"), hex(`good ${number}`)];
const BAD: readonly { readonly frames: readonly string[]; readonly reason: string }[] = [
  { frames: [hex("D")], reason: "frame-count" },
  { frames: [hex("D"), hex("1"), hex("2")], reason: "frame-count" },
  { frames: [hex("D"), "", "", "", ""], reason: "frame-count" },
  { frames: [hex("D") + "ff", hex("1")], reason: "topic-invalid" },
  { frames: [hex("D") + "eda080", hex("1")], reason: "topic-invalid" },
  { frames: [hex("D".repeat(257)), hex("1")], reason: "topic-invalid" },
  { frames: [hex("D".repeat(3000)), hex("1")], reason: "topic-invalid" },
  { frames: [hex("D".repeat(5000)), hex("1")], reason: "topic-invalid" },
  { frames: [hex("D"), "61".repeat(LIMIT + 1)], reason: "frame-too-large" },
  { frames: [hex("D"), "61".repeat(2 * LIMIT)], reason: "frame-too-large" },
  { frames: [hex("D"), "61".repeat(100 * LIMIT)], reason: "frame-too-large" },
];
const NO_TOPIC = { frames: ["", hex("1")], reason: "topic-invalid" };

/** Sends each invalid message between two valid ones, and checks the results. */
async function survives(
  peer: PythonPeer,
  { subscriber, health }: { readonly subscriber: FrameSubscriber; readonly health: HealthReader },
  bad: typeof BAD,
  gaps: number,
) {
  const reader = new FrameReader(subscriber);
  await subscriber.ready({ timeoutMs: 10_000 });
  for (const [index, { frames }] of bad.entries()) {
    await peer.order({ do: "send", frames: good(index) });
    await peer.order({ do: "send", frames });
  }
  await peer.order({ do: "send", frames: good(bad.length) });
  await reader.has(`D|good ${bad.length}`);
  assert.equal(reader.frames.filter((frame) => frame === "D|").length, gaps);
  assert.deepEqual(
    reader.frames.filter((frame) => frame !== "D|"),
    [...bad.keys(), bad.length].map((n) => `D|good ${n}`),
  );
  assert.deepEqual(subscriber.counters, { received: bad.length + 1 + gaps, dropped: bad.length });
  // The frames of one batch may arrive a moment before all of its drops are reported.
  for (const { reason } of bad) {
    await health.has(`dropped ${reason}`, bad.filter((each) => each.reason === reason).length);
  }
  const dropped = health.kinds.filter((kind) => kind.startsWith("dropped"));
  assert.deepEqual(dropped, bad.map(({ reason }) => `dropped ${reason}`));
  return reader;
}

Deno.test("zmq survives everything that a foreign publisher may send", () =>
  withoutLeaks(async () => {
    await using peer = await startPythonPeer({
      type: "PUB",
      role: "bind",
      address: "tcp://127.0.0.1:*",
    });
    await using subscriber = await zmqDriver(SETTINGS).openSubscriber();
    const health = new HealthReader(subscriber.health);
    subscriber.registerTopic("D");
    subscriber.registerListenAddress(peer.address);
    const reader = await survives(peer, { subscriber, health }, BAD, 3);
    await peer.order({ do: "send", frames: good(99) });
    await reader.has("D|good 99");
  }));

Deno.test("zmq_multiproc survives everything that a foreign publisher may send", () =>
  withoutLeaks(async () => {
    await using directory = await tempDir();
    await using subscriber = await zmqMultiprocDriver(directory.path, SETTINGS).openSubscriber();
    const health = new HealthReader(subscriber.health);
    const address = `ipc://${directory.join("socket")}`;
    await using peer = await startPythonPeer({ type: "PUSH", role: "connect", address });
    const reader = await survives(peer, { subscriber, health }, [...BAD, NO_TOPIC], 0);
    await peer.order({ do: "send", frames: good(99) });
    await reader.has("D|good 99");
  }));

/** Sends until the first message arrives: a foreign subscriber does not report when it is live. */
async function untilReceived(publisher: FramePublisher, peer: PythonPeer): Promise<unknown> {
  let received = false;
  const message = peer.message().finally(() => received = true);
  while (!received) {
    publisher.trySend("D", bytesOf("hello"));
    await setTimeout(1);
  }
  return message;
}

Deno.test("zmq publishes two frames, the topic and the payload, to a foreign subscriber", () =>
  withoutLeaks(async () => {
    await using bus = new Bus(zmqDriver());
    const publisher = await bus.publisher();
    const { address } = publisher;
    await using peer = await startPythonPeer({ type: "SUB", role: "connect", address });
    await peer.order({ do: "subscribe", topic: hex("D") });
    const message = await untilReceived(publisher, peer);
    assert.deepEqual(message, { frames: [hex("D"), hex("hello")], decoded: null });
  }));

Deno.test("zmq_multiproc sends two frames, the topic and the payload, to a foreign service", () =>
  withoutLeaks(async () => {
    await using directory = await tempDir();
    const address = `ipc://${directory.join("socket")}`;
    await using peer = await startPythonPeer({ type: "PULL", role: "bind", address });
    await using publisher = await zmqMultiprocDriver(directory.path).openPublisher();
    await publisher.send("größe", Uint8Array.of(0x81, 0xa1, 0x61, 0x01));
    assert.deepEqual(await peer.message(), {
      frames: [hex("größe"), "81a16101"],
      decoded: { a: 1 },
    });
  }));

Deno.test("python peer packs an update in both formats", () =>
  withoutLeaks(async () => {
    await using bus = new Bus(zmqDriver());
    const subscriber = await bus.subscriber();
    await using peer = await startPythonPeer({
      type: "PUB",
      role: "bind",
      address: "tcp://127.0.0.1:*",
    });
    subscriber.registerTopic("D");
    subscriber.registerListenAddress(peer.address);
    const batches = subscriber.batches()[Symbol.asyncIterator]();
    const payload = async () =>
      Buffer.from((await batches.next()).value?.[0]?.payload ?? []).toString("hex");
    const first = payload();
    await subscriber.ready({ timeoutMs: 10_000 });
    const update = { table: "lport", key: "id1" };
    await peer.order({ do: "publish", shape: "map", topic: "D", update });
    assert.equal(await first, "82a57461626c65a56c706f7274a36b6579a3696431");
    await peer.order({ do: "publish", shape: "json", topic: "D", update });
    assert.equal(await payload(), "da0020" + hex(`{"table": "lport", "key": "id1"}`));
    await batches.return?.();
  }));
