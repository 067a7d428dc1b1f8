import assert from "node:assert/strict";
import { fill, numbered, put } from "../../contract/pubsub_bus.ts";
import { bytesOf, FrameReader } from "../../support/frame_reader.ts";
import { withoutLeaks } from "../../support/handles.ts";
import { startPythonPeer } from "../../support/python_peer.ts";
import { type TempDir, tempDir } from "../../support/temp_dir.ts";
import { zmqMultiprocDriver } from "../../support/zmq/zmq_drivers.ts";
import { ZmtpPush } from "../../support/zmq/zmtp_client.ts";

/** Less than the five seconds after which a stop gives up: the machine may be loaded. */
const PROMPT_MS = 4_500;
/** The number of bytes that libzmq takes from its queue at a time. A cut loses unwritten bytes. */
const ENCODER_BYTES = 8_192;

function test(name: string, run: (directory: TempDir) => Promise<void>): void {
  Deno.test(`zmq_multiproc ${name}`, async () => {
    await using directory = await tempDir();
    await withoutLeaks(() => run(directory));
  });
}

test("loses none of 30,000 queued frames, when the publisher closes", async (directory) => {
  const driver = zmqMultiprocDriver(directory.path);
  await using service = await driver.openSubscriber();
  const publisher = await driver.openPublisher();
  const gate = Promise.withResolvers<void>();
  const reader = new FrameReader(service, gate.promise);
  await put(publisher, "D", bytesOf("0"));
  for (let sent = 1; sent < 30_000; sent++) assert(publisher.trySend("D", bytesOf(String(sent))));
  const closing = publisher.close({ timeoutMs: 10_000 });
  gate.resolve();
  assert.deepEqual(await closing, { flushed: true });
  await reader.count(30_000);
  assert.deepEqual(reader.frames, numbered("D", "", 30_000));
});

test("delivers at most 4,096 frames in a batch, however many have arrived", async (directory) => {
  const driver = zmqMultiprocDriver(directory.path);
  await using service = await driver.openSubscriber();
  await using publisher = await driver.openPublisher();
  await put(publisher, "D", bytesOf("0"));
  for (let sent = 1; sent < 20_000; sent++) assert(publisher.trySend("D", bytesOf("x")));
  const sizes: number[] = [];
  let received = 0;
  for await (const batch of service.batches()) {
    sizes.push(batch.length);
    received += batch.length;
    if (received === 20_000) break;
  }
  assert.equal(Math.max(...sizes), 4_096);
});

test("loses none, when the queues are full and the reader is slow", async (directory) => {
  const driver = zmqMultiprocDriver(directory.path, { "df_zmq.high_water_mark": "100" });
  await using service = await driver.openSubscriber();
  const publisher = await driver.openPublisher();
  const sent = await fill(publisher, "D");
  const closing = publisher.close({ timeoutMs: 10_000 });
  const reader = new FrameReader(service);
  assert.deepEqual(await closing, { flushed: true });
  await reader.count(sent);
});

test("delivers every byte that was written before it was stopped", async (directory) => {
  // So short a queue leaves most of it in the kernel.
  const driver = zmqMultiprocDriver(directory.path, { "df_zmq.high_water_mark": "10" });
  await using service = await driver.openSubscriber();
  const gate = Promise.withResolvers<void>();
  const reader = new FrameReader(service, gate.promise);
  using one = await ZmtpPush.connect(directory.join("socket"));
  using two = await ZmtpPush.connect(directory.join("socket"));
  for (let sent = 0; sent < 50; sent++) {
    await one.send("D", `one ${sent}`);
    await two.send("D", `two ${sent}`);
  }
  const stopping = service.stop({ timeoutMs: 10_000 });
  gate.resolve();
  assert.deepEqual(await stopping, { drained: true });
  for (const name of ["one", "two"]) {
    const got = reader.frames.filter((frame) => frame.startsWith(`D|${name}`));
    assert.deepEqual(got, numbered("D", `${name} `, 50));
  }
});

test("disconnects a publisher that connects during the stop", async (directory) => {
  const driver = zmqMultiprocDriver(directory.path);
  await using service = await driver.openSubscriber();
  const reader = new FrameReader(service);
  const connections = await Promise.all(
    Array.from({ length: 20 }, () => ZmtpPush.connect(directory.join("socket"))),
  );
  // The kernel may accept these before the service knows about them.
  const late = await Promise.all(
    Array.from(
      { length: 20 },
      () => Deno.connect({ transport: "unix", path: directory.join("socket") }),
    ),
  );
  const start = performance.now();
  assert.deepEqual(await service.stop(), { drained: true });
  assert(performance.now() - start < PROMPT_MS, "the stop waited for a connection");
  await reader.ended;
  for (const connection of connections) connection[Symbol.dispose]();
  for (const connection of late) connection.close();
});

/** Checks the numbers from one flood in two parts: in order, with one small gap at most. */
function checkFlood(before: number[], after: number[]): void {
  assert.deepEqual(before, before.map((_, index) => index), "a gap before the cut");
  const [first = before.length] = after;
  assert.deepEqual(after, after.map((_, index) => first + index), "a gap after the cut");
  const lost = first - before.length;
  assert(lost >= 0 && lost <= ENCODER_BYTES / 4, `${lost} lost at the cut`);
}

function numbersOf(reader: FrameReader, topic: string): number[] {
  return reader.frames.filter((frame) => frame.startsWith(`${topic}|`))
    .map((frame) => Number(frame.slice(topic.length + 1)));
}

test("is drained promptly while publishers continue, and they find the next service", async (directory) => {
  const driver = zmqMultiprocDriver(directory.path, { "df_zmq.high_water_mark": "1000" });
  const address = `ipc://${directory.join("socket")}`;
  const first = await driver.openSubscriber();
  const before = new FrameReader(first);
  await using one = await startPythonPeer({ type: "PUSH", role: "connect", address });
  await using two = await startPythonPeer({ type: "PUSH", role: "connect", address });
  for (const [topic, peer] of [["one", one], ["two", two]] as const) {
    await peer.order({ do: "flood", topic });
  }
  await before.count(20_000);
  const start = performance.now();
  assert.deepEqual(await first.stop(), { drained: true });
  assert(performance.now() - start < PROMPT_MS, "the stop took too long");
  await first[Symbol.asyncDispose]();

  await using second = await driver.openSubscriber();
  const after = new FrameReader(second);
  await after.count(20_000);
  for (const [topic, peer] of [["one", one], ["two", two]] as const) {
    const { done: sent } = await peer.order({ do: "calm" });
    await after.has(`${topic}|${Number(sent) - 1}`);
    checkFlood(numbersOf(before, topic), numbersOf(after, topic));
  }
});

test("is not flushed, when the service ends before it reads the frames", async (directory) => {
  const address = `ipc://${directory.join("socket")}`;
  await using service = await startPythonPeer({ type: "PULL", role: "bind", address });
  const publisher = await zmqMultiprocDriver(directory.path).openPublisher();
  await publisher.send("D", bytesOf("first"), { timeoutMs: 10_000 });
  await service.message();
  await service.freeze();
  for (let sent = 0; sent < 20; sent++) await publisher.send("D", bytesOf("unread"));
  const closing = publisher.close({ timeoutMs: 10_000 });
  service.kill("SIGKILL");
  assert.deepEqual(await closing, { flushed: false });
});
