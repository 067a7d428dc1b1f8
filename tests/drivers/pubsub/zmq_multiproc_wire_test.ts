import assert from "node:assert/strict";
import { COMMAND, commandData } from "../../../drivers/_internal/zmtp/session.ts";
import { command, FLAG, greeting } from "../../../drivers/_internal/zmtp/wire.ts";
import { nextTurn } from "../../../drivers/contract/next_turn.ts";
import { numbered, sendNumbered } from "../../contract/pubsub_bus.ts";
import { bytesOf, FrameReader } from "../../support/frame_reader.ts";
import { withoutLeaks } from "../../support/handles.ts";
import { HealthReader } from "../../support/health_reader.ts";
import { startPythonPeer } from "../../support/python_peer.ts";
import { joined } from "../../../drivers/contract/joined.ts";
import { handshake, message, RawPublisher } from "../../support/zmq/raw_publisher.ts";
import { RecordingLogger } from "../../support/fakes/recording_logger.ts";
import { type TempDir, tempDir } from "../../support/temp_dir.ts";
import { zmqMultiprocDriver } from "../../support/zmq/zmq_drivers.ts";

function test(name: string, run: (directory: TempDir) => Promise<void>): void {
  Deno.test(`zmq_multiproc wire: ${name}`, async () => {
    await using directory = await tempDir();
    await withoutLeaks(() => run(directory));
  });
}

test("receives 20,000 events from each of two publishers of the original, in order", async (directory) => {
  await using service = await zmqMultiprocDriver(directory.path).openSubscriber();
  const reader = new FrameReader(service);
  const address = `ipc://${directory.join("socket")}`;
  await Promise.all(["one", "two"].map(async (topic) => {
    await using peer = await startPythonPeer({ type: "PUSH", role: "connect", address });
    await peer.order({ do: "number", topic, from: 0, to: 20_000 });
    await peer.finish();
  }));
  await reader.count(40_000);
  for (const topic of ["one", "two"]) {
    const got = reader.frames.filter((frame) => frame.startsWith(topic));
    assert.deepEqual(got, numbered(topic, "", 20_000));
  }
});

/** Publishers that are connected at the same time. */
const AT_ONCE = 20;

test("reads a handshake and a message, when they are split at any byte", async (directory) => {
  await using service = await zmqMultiprocDriver(directory.path).openSubscriber();
  const reader = new FrameReader(service);
  const bytes = joined([handshake(), message("topic", "x".repeat(300))]);
  const send = async (cut: number) => {
    using publisher = await RawPublisher.connect(directory.join("socket"));
    await publisher.write(bytes.subarray(0, cut));
    await nextTurn();
    await publisher.write(bytes.subarray(cut));
    await came.promise;
  };
  const cuts = Array.from({ length: bytes.length + 1 }, (_, cut) => cut);
  let came = Promise.withResolvers<void>();
  for (let from = 0; from < cuts.length; from += AT_ONCE) {
    const sent = cuts.slice(from, from + AT_ONCE).map(send);
    await reader.count(Math.min(from + AT_ONCE, cuts.length));
    came.resolve();
    await Promise.all(sent);
    came = Promise.withResolvers();
  }
  assert.equal(reader.frames.length, cuts.length);
  assert.deepEqual([...new Set(reader.frames)], [`topic|${"x".repeat(300)}`]);
});

test("reads messages byte by byte, from publishers that connect at once", async (directory) => {
  await using service = await zmqMultiprocDriver(directory.path).openSubscriber();
  const reader = new FrameReader(service);
  const bytes = joined([handshake(), message("D", "one"), message("D", "two")]);
  await Promise.all(Array.from({ length: 8 }, async () => {
    using publisher = await RawPublisher.connect(directory.join("socket"));
    for (const byte of bytes) await publisher.write(Uint8Array.of(byte));
  }));
  await reader.count(16);
  const count = (frame: string) => reader.frames.filter((each) => each === frame).length;
  assert.deepEqual([count("D|one"), count("D|two")], [8, 8]);
});

test("loses nothing from publishers that disconnect at once, while the reader is busy", async (directory) => {
  await using service = await zmqMultiprocDriver(directory.path).openSubscriber();
  const gate = Promise.withResolvers<void>();
  const reader = new FrameReader(service, gate.promise);
  for (let publisher = 0; publisher < 20; publisher++) {
    using raw = await RawPublisher.connect(directory.join("socket"));
    const messages = Array.from({ length: 100 }, (_, number) => message("D", String(number)));
    await raw.write(joined([handshake({ hasSession: true }), ...messages]));
  }
  gate.resolve();
  await reader.count(2_000);
});

test("receives frames from 64 publishers that send at once, each in its order", async (directory) => {
  const driver = zmqMultiprocDriver(directory.path);
  await using service = await driver.openSubscriber();
  const reader = new FrameReader(service);
  const publishers = await Promise.all(
    Array.from({ length: 64 }, () => driver.openPublisher()),
  );
  await Promise.all(publishers.map(async (publisher, index) => {
    await sendNumbered(publisher, "D", { prefix: `${index}:`, count: 1_000 });
    assert.deepEqual(await publisher.close({ timeoutMs: 20_000 }), { flushed: true });
  }));
  assert.deepEqual(service.counters, { received: 64_000, dropped: 0 });
  for (const index of publishers.keys()) {
    const got = reader.frames.filter((frame) => frame.startsWith(`D|${index}:`));
    assert.deepEqual(got, numbered("D", `${index}:`, 1_000));
  }
});

test("accepts events of the maximum size among small ones, and skips larger ones", async (directory) => {
  const driver = zmqMultiprocDriver(directory.path);
  await using service = await driver.openSubscriber();
  const reader = new FrameReader(service);
  const greatest = "g".repeat(1_048_576);
  await using publisher = await driver.openPublisher();
  const texts = ["small", greatest, "small", "x".repeat(70_000), greatest, "last"];
  await Promise.all(texts.map((text) => publisher.send("D", bytesOf(text))));
  assert.deepEqual(reader.frames, texts.map((text) => `D|${text}`));
  using raw = await RawPublisher.connect(directory.join("socket"));
  await raw.write(joined([handshake(), message("D", "y".repeat(1_048_577))]));
  await raw.write(message("D", "after"));
  await reader.has("D|after");
  assert.deepEqual(service.counters, { received: texts.length + 1, dropped: 1 });
});

/** The bytes of a publisher that must be disconnected, and the logged reason. */
const INVALID_PUBLISHERS: readonly (readonly [string, Uint8Array, RegExp])[] = [
  ["bytes that are not ZMTP", bytesOf("GET / HTTP/1.1\r\n\r\n"), /first byte is 71, wanted 255$/],
  [
    "the greeting of ZMTP 2",
    Uint8Array.of(0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 1, 3),
    /it speaks ZMTP 2, wanted ZMTP 3/,
  ],
  ["a SUB socket", handshake({ socketType: "SUB" }), /its socket type is "SUB", wanted PUSH$/],
  [
    "a message before READY",
    joined([greeting(), message("D", "1")]),
    /it sent a message before its handshake$/,
  ],
  [
    "a frame of 2^60 bytes",
    joined([
      handshake(),
      message("D", "1").subarray(0, 3),
      Uint8Array.of(FLAG.long, 16, 0, 0, 0, 0, 0, 0, 0),
    ]),
    /it announced a frame of \d{19} bytes$/,
  ],
  [
    "a command of 5,000 bytes inside a message",
    joined([
      handshake(),
      message("D", "1").subarray(0, 3),
      command("PING", new Uint8Array(5_000)),
    ]),
    /it sent a command that is too large$/,
  ],
];

for (const [what, bytes, reason] of INVALID_PUBLISHERS) {
  test(`disconnects a publisher that sends ${what}, warns, and continues with the others`, async (directory) => {
    const log = new RecordingLogger();
    const driver = zmqMultiprocDriver(directory.path, {}, log);
    await using service = await driver.openSubscriber();
    const reader = new FrameReader(service);
    await using publisher = await driver.openPublisher();
    for (const _ of [1, 2, 3]) {
      using invalid = await RawPublisher.connect(directory.join("socket"));
      await invalid.write(bytes);
      await invalid.untilClosed();
    }
    await publisher.send("D", bytesOf("1"));
    assert.deepEqual(reader.frames, ["D|1"]);
    const [warning, ...others] = log.lines.filter(({ level }) => level === "warn");
    assert.match(
      warning?.message ?? "",
      /^Closed the connection of a publisher of account \d+ at "ipc:.*socket": /,
    );
    assert.match(warning?.message ?? "", reason);
    assert.deepEqual(others, []);
  });
}

test("a publisher disconnects from a service that acknowledges frames that were not sent", async (directory) => {
  const path = directory.join("socket");
  using listener = Deno.listen({ transport: "unix", path });
  await using publisher = await zmqMultiprocDriver(directory.path).openPublisher();
  const health = new HealthReader(publisher.health);
  using connection = await listener.accept();
  const hello = handshake({ hasSession: true, socketType: "PULL" });
  await connection.write(joined([hello, command(COMMAND.ack, commandData([1]))]));
  await health.has("disconnected");
  const lost = health.events.find(({ kind }) => kind === "disconnected");
  assert(lost?.kind === "disconnected");
  assert.match(lost.reason, /it acknowledged what was not sent/);
});
