import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { Bus } from "../../contract/pubsub_bus.ts";
import { eventually } from "../../support/eventually.ts";
import { bytesOf, FrameReader } from "../../support/frame_reader.ts";
import { withoutLeaks } from "../../support/handles.ts";
import { HealthReader } from "../../support/health_reader.ts";
import { libzmqDriver, libzmqMultiprocDriver } from "../../support/zmq/libzmq_drivers.ts";
import { startPythonPeer } from "../../support/python_peer.ts";
import { tempDir } from "../../support/temp_dir.ts";
import { portOf } from "../../support/zmq/zmq_test.ts";

const LIMIT = 4096;
const SETTINGS = { "df.pub_sub_max_event_bytes": String(LIMIT) };
const hex = (text: string) => Buffer.from(text).toString("hex");
const GOOD = [hex("D"), hex("good")];
const BAD = [
  { frames: [hex("D")], reason: "frame-count" },
  { frames: [hex("D"), hex("1"), hex("2")], reason: "frame-count" },
  { frames: [hex("D") + "ff", hex("1")], reason: "topic-invalid" },
  { frames: [hex("D".repeat(257)), hex("1")], reason: "topic-invalid" },
  { frames: [hex("D"), "61".repeat(LIMIT + 1)], reason: "frame-too-large" },
];

Deno.test("libzmq subscribes to PUB of Python, and counts messages that are not frames", () =>
  withoutLeaks(async () => {
    await using peer = await startPythonPeer({
      type: "PUB",
      role: "bind",
      address: "tcp://127.0.0.1:*",
    });
    await using bus = new Bus(libzmqDriver(SETTINGS));
    const subscriber = await bus.subscriber();
    const health = new HealthReader(subscriber.health);
    const reader = new FrameReader(subscriber);
    subscriber.registerTopic("D");
    subscriber.registerListenAddress(peer.address);
    await subscriber.ready({ timeoutMs: 10_000 });
    await peer.order({ do: "send", frames: GOOD });
    for (const { frames } of BAD) await peer.order({ do: "send", frames });
    await peer.order({ do: "send", frames: [hex("Dx"), hex("other")] });
    await peer.order({ do: "send", frames: GOOD });
    await reader.count(3);
    assert.deepEqual(reader.frames, ["D|good", "D|", "D|good"]);
    assert.deepEqual(reader.gaps, ["D|an event is larger than pub_sub_max_event_bytes"]);
    assert.deepEqual(subscriber.counters, { received: 3, dropped: BAD.length });
    for (const { reason } of BAD) await health.has(`dropped ${reason}`);
    // libzmq ends the connection, and does not reconnect to such a peer by itself.
    await peer.order({ do: "send", frames: [hex("D"), "61".repeat(10 * LIMIT)] });
    await health.has("live handshake", 2);
    await peer.order({ do: "send", frames: GOOD });
    await reader.count(4);
  }));

Deno.test("libzmq puts a gap in the place of events that a slow reader of PUB of Python has lost", () =>
  withoutLeaks(async () => {
    const options = { SNDHWM: 100_000 };
    const address = "tcp://127.0.0.1:*";
    await using peer = await startPythonPeer({ type: "PUB", role: "bind", address, options });
    await using bus = new Bus(libzmqDriver({ "df_zmq.high_water_mark": "10" }));
    const subscriber = await bus.subscriber();
    const health = new HealthReader(subscriber.health);
    const gate = Promise.withResolvers<void>();
    const reader = new FrameReader(subscriber, gate.promise);
    subscriber.registerTopic("D");
    subscriber.registerListenAddress(peer.address);
    await subscriber.ready({ timeoutMs: 10_000 });
    await peer.order({ do: "number", topic: "D", from: 0, to: 1_000 });
    await health.has("dropped queue-full");
    gate.resolve();
    await eventually(() => reader.gaps, ({ length }) => length > 0);
    assert.equal(reader.gaps[0], "D|the queue of received events was full");
    const at = reader.frames.indexOf("D|");
    assert(at > 0);
    assert.deepEqual(reader.frames.slice(0, at), Array.from({ length: at }, (_, n) => `D|${n}`));
  }));

Deno.test("libzmq says once that it has lost events of any topic, when a slow reader of all topics has lost events of many", () =>
  withoutLeaks(async () => {
    await using bus = new Bus(libzmqDriver());
    await using slow = new Bus(libzmqDriver({ "df_zmq.high_water_mark": "10" }));
    const publisher = await bus.publisher();
    const subscriber = await slow.subscriber();
    const gate = Promise.withResolvers<void>();
    const reader = new FrameReader(subscriber, gate.promise);
    subscriber.registerAllTopics?.();
    subscriber.registerListenAddress(publisher.address);
    await subscriber.ready({ timeoutMs: 10_000 });
    publisher.trySend("first", bytesOf("x"));
    await reader.has("first|x");
    for (let n = 0; n < 3_000; n++) publisher.trySend(`t${n}`, bytesOf("x"));
    await eventually(() => subscriber.counters.dropped, (dropped) => dropped === 2_990);
    gate.resolve();
    await eventually(() => reader.gaps.length, (gaps) => gaps > 1_000);
    assert.deepEqual(reader.gaps.slice(1_000), ["|the queue of received events was full"]);
    publisher.trySend("last", bytesOf("x"));
    await reader.has("last|x");
  }));

Deno.test("libzmq publishes to SUB of Python", () =>
  withoutLeaks(async () => {
    await using bus = new Bus(libzmqDriver());
    const publisher = await bus.publisher();
    const { address } = publisher;
    const health = new HealthReader(publisher.health);
    await using peer = await startPythonPeer({ type: "SUB", role: "connect", address });
    await health.has("peer-joined");
    assert.deepEqual(health.events, [{ kind: "peer-joined", address, peers: 1 }]);
    // A connection without a handshake does not change the number of peers.
    (await Deno.connect({ port: Number(portOf(address)) })).close();
    await health.has("peer-left");
    assert.deepEqual(health.events.at(-1), { kind: "peer-left", address, peers: 1 });
    await peer.order({ do: "subscribe", topic: hex("D") });
    const sending = setInterval(() => publisher.trySend("D", bytesOf("hello")), 10);
    try {
      assert.deepEqual((await peer.message()).frames, [hex("D"), hex("hello")]);
    } finally {
      clearInterval(sending);
    }
  }));

Deno.test("libzmq_multiproc receives from PUSH of Python, until that ends", () =>
  withoutLeaks(async () => {
    await using directory = await tempDir();
    await using bus = new Bus(libzmqMultiprocDriver(directory.path));
    const subscriber = await bus.subscriber();
    const { boundAddress: address = "" } = subscriber;
    const reader = new FrameReader(subscriber);
    await using peer = await startPythonPeer({ type: "PUSH", role: "connect", address });
    await peer.order({ do: "number", topic: "D", from: 0, to: 1_000 });
    await peer.finish();
    await reader.count(1_000);
    assert.deepEqual(reader.frames, Array.from({ length: 1_000 }, (_, n) => `D|${n}`));
  }));

Deno.test("libzmq_multiproc lets PUSH of Python wait, when the reader's queue is full", async () => {
  for (
    const limits of [
      { "df_zmq.high_water_mark": "10" },
      { "df.pub_sub_max_event_bytes": String(128 * 1024 * 1024) },
    ]
  ) {
    await withoutLeaks(async () => {
      await using directory = await tempDir();
      await using bus = new Bus(libzmqMultiprocDriver(directory.path, limits));
      const subscriber = await bus.subscriber();
      const { boundAddress: address = "" } = subscriber;
      await using peer = await startPythonPeer({ type: "PUSH", role: "connect", address });
      const frames = [hex("D"), "61".repeat(50_000)];
      await peer.order({ do: "send", frames, count: 100 });
      const reader = new FrameReader(subscriber);
      await reader.count(100);
      assert.deepEqual(subscriber.counters, { received: 100, dropped: 0 });
    });
  }
});

Deno.test("libzmq_multiproc pushes to PULL of Python, and sends everything before it closes", () =>
  withoutLeaks(async () => {
    await using directory = await tempDir();
    const address = `ipc://${directory.join("socket")}`;
    await using peer = await startPythonPeer({ type: "PULL", role: "bind", address });
    await using bus = new Bus(libzmqMultiprocDriver(directory.path));
    const publisher = await bus.publisher();
    for (let number = 0; number < 100; number++) await publisher.send("D", bytesOf(`${number}`));
    assert.deepEqual(await publisher.close({ timeoutMs: 10_000 }), { flushed: true });
    for (let number = 0; number < 100; number++) {
      assert.deepEqual((await peer.message()).frames, [hex("D"), hex(`${number}`)]);
    }
  }));

Deno.test("libzmq drivers refuse to open, when the library is unusable", async () => {
  const library = { "df_zmq.library": "/nonexistent/libzmq.so" };
  await using directory = await tempDir();
  const message = /^Cannot load libzmq from \/nonexistent\/libzmq\.so: .*No such file/;
  const refusal = { name: "DriverError", code: "LIBRARY_UNUSABLE", message };
  for (const driver of [libzmqDriver(library), libzmqMultiprocDriver(directory.path, library)]) {
    await assert.rejects(driver.openPublisher(), refusal);
    await assert.rejects(driver.openSubscriber(), refusal);
  }
});

Deno.test("libzmq reports the process that uses its port", async () => {
  await using bus = new Bus(libzmqDriver());
  const { address } = await bus.publisher();
  const port = new URL(address).port;
  const second = libzmqDriver({ "df.publisher_port": port }).openPublisher();
  await assert.rejects(second, { code: "ADDRESS_IN_USE", message: new RegExp(`:${port}"`) });
});
