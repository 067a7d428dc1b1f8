import assert from "node:assert/strict";
import { DriverError } from "../../../drivers/contract/errors.ts";
import type { Frame, FramePublisher } from "../../../drivers/contract/pubsub.ts";
import { SendGroup } from "../../../drivers/contract/send_group.ts";
import { put } from "../../contract/pubsub_bus.ts";
import { bytesOf, FrameReader, shown } from "../../support/frame_reader.ts";
import { withoutLeaks } from "../../support/handles.ts";
import { HealthReader } from "../../support/health_reader.ts";
import { inTime } from "../../support/in_time.ts";
import { startIpcOwner } from "../../support/ipc_owner_process.ts";
import { startPythonPeer } from "../../support/python_peer.ts";
import { handshake, message, RawPublisher } from "../../support/zmq/raw_publisher.ts";
import { type TempDir, tempDir } from "../../support/temp_dir.ts";
import { zmqMultiprocDriver } from "../../support/zmq/zmq_drivers.ts";

function test(name: string, run: (directory: TempDir) => Promise<void>): void {
  Deno.test(`zmq_multiproc acceptance: ${name}`, async () => {
    await using directory = await tempDir();
    await withoutLeaks(() => run(directory));
  });
}

/** The outcome of a send: `accepted`, `refused`, `uncertain`, or the code of another error. */
async function outcomeOf(sending: Promise<void>): Promise<string> {
  try {
    await sending;
    return "accepted";
  } catch (error) {
    assert(error instanceof DriverError);
    if (error.isUncertain) return "uncertain";
    return error.code === "REFUSED" ? "refused" : error.code;
  }
}

/** Digits, as the peer prints their bytes. */
const hexOf = (digits: string) => digits.replace(/\d/g, "3$&");

/** Sends all texts concurrently, in their order. */
function sendAll(publisher: FramePublisher, texts: readonly string[]): Promise<string[]> {
  return Promise.all(
    texts.map((text) => outcomeOf(publisher.send("D", bytesOf(text), { timeoutMs: 20_000 }))),
  );
}

test("a send resolves when the reader requests the next batch, not before", async (directory) => {
  const driver = zmqMultiprocDriver(directory.path);
  await using service = await driver.openSubscriber();
  await using publisher = await driver.openPublisher();
  assert.equal(publisher.isAcknowledged, undefined);
  const batches = service.batches()[Symbol.asyncIterator]();
  const first = batches.next();
  let isAccepted = false;
  const sending = publisher.send("D", bytesOf("1")).then(() => isAccepted = true);
  await first;
  const held = publisher.send("D", bytesOf("2"), { timeoutMs: 50 });
  await assert.rejects(held, {
    code: "SEND_TIMEOUT",
    isUncertain: true,
    message: /has not acknowledged the event: waited 0.05 s/,
  });
  assert.equal(isAccepted, false);
  assert.equal(publisher.isAcknowledged, true);
  const second = batches.next();
  await sending;
  await second;
  await batches.return?.();
});

test("a send is refused when the reader refuses its frame, and no other send is", async (directory) => {
  const driver = zmqMultiprocDriver(directory.path);
  await using service = await driver.openSubscriber();
  const got: string[] = [];
  const reading = (async () => {
    for await (const batch of service.batches()) {
      for (const frame of batch) {
        got.push(shown(frame));
        if (Number(shown(frame).slice(2)) % 3 === 0) service.refuse?.(frame);
      }
    }
  })();
  await using publisher = await driver.openPublisher();
  const texts = Array.from({ length: 10_000 }, (_, number) => String(number));
  const outcomes = await sendAll(publisher, texts);
  assert.deepEqual(outcomes, texts.map((_, at) => at % 3 === 0 ? "refused" : "accepted"));
  assert.deepEqual(got, texts.map((text) => `D|${text}`));
  await assert.rejects(publisher.send("D", bytesOf("3")), {
    code: "REFUSED",
    isUncertain: false,
    message: /The publisher service at "ipc:.*" refused an event on topic "D"/,
  });
  const health = new HealthReader(publisher.health);
  await put(publisher, "D", bytesOf("6"));
  await health.has("dropped not-sent");
  assert.deepEqual(await publisher.close(), { flushed: false });
  await service[Symbol.asyncDispose]();
  await reading;
});

test("a service of the original accepts every frame that the kernel has accepted", async (directory) => {
  const address = `ipc://${directory.join("socket")}`;
  await using peer = await startPythonPeer({ type: "PULL", role: "bind", address });
  await using publisher = await zmqMultiprocDriver(directory.path).openPublisher();
  const texts = Array.from({ length: 20_000 }, (_, number) => String(number));
  const sending = sendAll(publisher, texts);
  for (const text of texts.slice(0, -5_000)) {
    assert.deepEqual((await peer.message()).frames, ["44", hexOf(text)]);
  }
  assert.deepEqual([...new Set(await sending)], ["accepted"]);
  assert.equal(publisher.isAcknowledged, false);
  const closing = publisher.close({ timeoutMs: 10_000 });
  for (const text of texts.slice(-5_000)) {
    assert.deepEqual((await peer.message()).frames, ["44", hexOf(text)]);
  }
  assert.deepEqual(await closing, { flushed: true });
});

test("a send is uncertain when its service is killed, and accepted frames had arrived", async (directory) => {
  await using publisher = await zmqMultiprocDriver(directory.path).openPublisher();
  const health = new HealthReader(publisher.health);
  await using service = await startIpcOwner(directory.path);
  const texts = Array.from(
    { length: 20_000 },
    (_, number) => `${number % 7 === 0 ? "refuse" : "take"} ${number}`,
  );
  const sending = sendAll(publisher, texts);
  const arrived: string[] = [];
  for (let frame; (frame = await service.frame()) !== undefined;) {
    arrived.push(frame);
    if (arrived.length === 5_000) service.kill("SIGKILL");
  }
  await health.has("disconnected");
  await using _next = await startIpcOwner(directory.path);
  const outcomes = await sending;
  const certain = outcomes.slice(0, arrived.length);
  const first = outcomes.indexOf("uncertain");
  const last = outcomes.lastIndexOf("uncertain");
  assert(first > 0 && first <= arrived.length, `the first uncertain one is ${first}`);
  assert(certain.every((outcome) => outcome !== "SEND_TIMEOUT"));
  for (const [at, outcome] of outcomes.entries()) {
    const settled = at % 7 === 0 ? "refused" : "accepted";
    const isBetween = at >= first && at <= last;
    assert.equal(outcome, isBetween ? "uncertain" : settled, `frame ${at}`);
    if (at < first) assert.equal(arrived[at], `D|${texts[at]}`);
  }
});

test("every frame gets its answer when its publisher closes before the service has read it", async (directory) => {
  const driver = zmqMultiprocDriver(directory.path);
  await using _service = await driver.openSubscriber();
  const publisher = await driver.openPublisher();
  await new HealthReader(publisher.health).has("connected");
  const group = new SendGroup();
  const large = new Uint8Array(20_000);
  while (publisher.trySendIn?.(group, "D", large));
  const sending = Array.from({ length: 3 }, () => outcomeOf(publisher.send("D", large)));
  assert.deepEqual(await publisher.close({ timeoutMs: 0 }), { flushed: false });
  await inTime(group.settled(), 10_000, () => `${group.failures.length} of ${group.taken}`);
  const answers = group.failures.map(({ error }) => error.isUncertain ? "uncertain" : error.code);
  const first = answers.indexOf("CLOSED");
  assert.deepEqual(answers, answers.map((_, at) => at < first ? "uncertain" : "CLOSED"));
  assert(first > 0, `the first unsent one is ${first} of ${group.taken}`);
  assert.deepEqual(await Promise.all(sending), ["CLOSED", "CLOSED", "CLOSED"]);
});

test("a stopping service acknowledges every frame that it delivers", async (directory) => {
  const driver = zmqMultiprocDriver(directory.path);
  await using publisher = await driver.openPublisher();
  const service = await driver.openSubscriber();
  const reader = new FrameReader(service);
  const texts = Array.from({ length: 30_000 }, (_, number) => String(number));
  const sending = sendAll(publisher, texts);
  await reader.count(5_000);
  assert.deepEqual(await service.stop({ timeoutMs: 10_000 }), { drained: true });
  await service[Symbol.asyncDispose]();
  await using next = await driver.openSubscriber();
  const after = new FrameReader(next);
  assert.deepEqual([...new Set(await sending)], ["accepted"]);
  assert.deepEqual([...reader.frames, ...after.frames], texts.map((text) => `D|${text}`));
});

test("invalid messages are refused in their place among the others", async (directory) => {
  const overrides = { "df.pub_sub_max_event_bytes": "1024" };
  await using service = await zmqMultiprocDriver(directory.path, overrides).openSubscriber();
  const gate = Promise.withResolvers<void>();
  const reader = new FrameReader(service, gate.promise);
  using publisher = await RawPublisher.connect(directory.join("socket"));
  await publisher.write(handshake({ hasSession: true }));
  const messages = [
    message("D", "good"),
    message("alone"),
    message("D", "good"),
    message("D", "two", "three", "four"),
    message("x".repeat(257), "topic"),
    message("D", "x".repeat(1025)),
    message("x".repeat(5_000), "topic"),
    message("", "topic"),
    message("D", "good"),
    message("alone"),
  ];
  for (const bytes of messages) await publisher.write(bytes);
  gate.resolve();
  const { handled, refused } = await publisher.verdicts(messages.length);
  assert.deepEqual([handled, refused], [10, [1, 3, 4, 5, 6, 7, 9]]);
  assert.deepEqual(reader.frames, ["D|good", "D|good", "D|good"]);
  assert.deepEqual(service.counters, { received: 3, dropped: 7 });
});

test("thousands of refusals in one batch are reported", async (directory) => {
  await using service = await zmqMultiprocDriver(directory.path).openSubscriber();
  const refuseAll = (batch: readonly Frame[]) => batch.forEach((each) => service.refuse?.(each));
  const reading = (async () => {
    for await (const batch of service.batches()) refuseAll(batch);
  })();
  using publisher = await RawPublisher.connect(directory.join("socket"));
  await publisher.write(handshake({ hasSession: true }));
  const one = message("D", "1");
  const bytes = new Uint8Array(3_000 * one.length);
  for (let at = 0; at < bytes.length; at += one.length) bytes.set(one, at);
  await publisher.write(bytes);
  const { refused } = await publisher.verdicts(3_000);
  assert.deepEqual(refused, Array.from({ length: 3_000 }, (_, number) => number));
  await service[Symbol.asyncDispose]();
  await reading;
});
