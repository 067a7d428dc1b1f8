import assert from "node:assert/strict";
import type {
  FramePublisher,
  FrameSubscriber,
  PubSubTraits,
} from "../../drivers/contract/pubsub.ts";
import { bytesOf, FrameReader } from "../support/frame_reader.ts";
import { HealthReader } from "../support/health_reader.ts";
import { type Bus, numbered, put, sendNumbered } from "./pubsub_bus.ts";
import type { RegisterTest } from "./pubsub_contract.ts";

const closed = { name: "DriverError", code: "CLOSED" };

/** Guarantees about the end of publishers and subscribers. */
export function registerClosing(it: RegisterTest, traits: PubSubTraits): void {
  registerDisposing(it);
  registerStopping(it, traits);
}

function registerDisposing(it: RegisterTest): void {
  it("closes twice, and concurrently", async (bus) => {
    const publisher = await bus.publisher();
    const subscriber = await bus.subscriber();
    const [first, second] = await Promise.all([publisher.close(), publisher.close()]);
    assert.deepEqual(first, second);
    await publisher[Symbol.asyncDispose]();
    await Promise.all([subscriber[Symbol.asyncDispose](), subscriber[Symbol.asyncDispose]()]);
    await subscriber[Symbol.asyncDispose]();
  });

  it("refuses to be used, when closed", async (bus) => {
    const publisher = await bus.publisher();
    const subscriber = await bus.subscriber();
    subscriber.registerTopic("D");
    await publisher.close();
    await subscriber[Symbol.asyncDispose]();
    assert.throws(() => publisher.trySend("D", bytesOf("1")), closed);
    await assert.rejects(publisher.send("D", bytesOf("1")), closed);
    assert.throws(() => subscriber.registerTopic("E"), closed);
    await assert.rejects(subscriber.ready(), closed);
    subscriber.unregisterTopic("D");
    subscriber.unregisterListenAddress(publisher.address);
    for await (const _ of subscriber.batches()) assert.fail("a batch after the end");
    await subscriber.stop();
  });

  it("ends a waiting reader, when disposed", async (bus) => {
    await bus.publisher();
    const { reader, subscriber } = await bus.reading("D");
    await subscriber[Symbol.asyncDispose]();
    await reader.ended;
  });

  it("delivers no batch after the current one, when disposed", async (bus) => {
    const publisher = await bus.publisher();
    const gate = Promise.withResolvers<void>();
    const { reader, subscriber } = await halted(bus, publisher, gate.promise);
    await sendNumbered(publisher, "D", { prefix: "late ", count: 10 });
    await subscriber[Symbol.asyncDispose]();
    gate.resolve();
    await reader.ended;
    assert.deepEqual(reader.frames, ["D|first"]);
  });

  it("can be disposed, while many publishers send frames", async (bus) => {
    const publishers = await Promise.all([bus.publisher(), bus.publisher()]);
    const { reader, subscriber } = await bus.reading("D");
    const abort = new AbortController();
    const sending = publishers.map(async (publisher) => {
      while (!abort.signal.aborted) {
        await publisher.send("D", bytesOf("1"), { signal: abort.signal }).catch(() => {});
        await new Promise((resolve) => setTimeout(resolve));
      }
    });
    await reader.count(20);
    await subscriber[Symbol.asyncDispose]();
    await reader.ended;
    abort.abort();
    await Promise.all(sending);
  });
}

function registerStopping(it: RegisterTest, traits: PubSubTraits): void {
  const { listensToAddresses, confirms, fanOut } = traits;
  /** Whether a publisher's close waits until the reader has processed its frames. */
  const waitsForReader = confirms && fanOut === "one";

  it("delivers the frames that had arrived, when stopped", async (bus) => {
    const publisher = await bus.publisher();
    const gate = Promise.withResolvers<void>();
    const { reader, subscriber } = await halted(bus, publisher, gate.promise);
    const health = new HealthReader(subscriber.health);
    await sendNumbered(publisher, "D", { count: 2_000 });
    const closing = publisher.close({ timeoutMs: 10_000 });
    if (!waitsForReader) await closing;
    if (listensToAddresses) await health.has("disconnected");
    const stopping = subscriber.stop({ timeoutMs: 10_000 });
    gate.resolve();
    assert.deepEqual(await stopping, { drained: true });
    assert.deepEqual(await closing, { flushed: true });
    await reader.ended;
    assert.deepEqual(reader.frames, ["D|first", ...numbered("D", "", 2_000)]);
  });

  it("reports that it is not drained, when the reader takes too long", async (bus) => {
    const publisher = await bus.publisher();
    const gate = Promise.withResolvers<void>();
    const { reader, subscriber } = await halted(bus, publisher, gate.promise);
    assert.deepEqual(await subscriber.stop({ timeoutMs: 30 }), { drained: false });
    gate.resolve();
    await subscriber[Symbol.asyncDispose]();
    await reader.ended;
  });

  it("reports that it is not drained, when nothing reads", async (bus) => {
    const publisher = await bus.publisher();
    const { subscriber, batches } = await withOneBatch(bus, publisher);
    await sendNumbered(publisher, "D", { count: 10 });
    await publisher.close({ timeoutMs: waitsForReader ? 100 : 10_000 });
    await batches.return?.();
    assert.deepEqual(await subscriber.stop({ timeoutMs: 1_000 }), { drained: false });
  }, { when: listensToAddresses, reason: "frames in flight have not arrived" });

  it("is drained at once, when no frame has arrived", async (bus) => {
    const { subscriber, reader } = await bus.reading("D");
    assert.deepEqual(await subscriber.stop(), { drained: true });
    await reader.ended;
    assert.deepEqual(await subscriber.stop(), { drained: true });
  });

  it("stops waiting for the reader, when the signal aborts", async (bus) => {
    const publisher = await bus.publisher();
    const gate = Promise.withResolvers<void>();
    const { reader, subscriber } = await halted(bus, publisher, gate.promise);
    const abort = new AbortController();
    const stopping = subscriber.stop({ signal: abort.signal });
    abort.abort(new Error("enough"));
    await assert.rejects(stopping, abort.signal.reason);
    gate.resolve();
    await reader.ended;
  });
}

interface Halted {
  readonly subscriber: FrameSubscriber;
  readonly reader: FrameReader;
}

/** A subscriber of `D` whose reader holds the frame "first" until the gate opens. */
async function halted(bus: Bus, publisher: FramePublisher, gate: Promise<void>): Promise<Halted> {
  const subscriber = await bus.subscriber();
  const reader = new FrameReader(subscriber, gate);
  subscriber.registerTopic("D");
  await bus.follow(subscriber);
  await put(publisher, "D", bytesOf("first"));
  await reader.count(1);
  return { subscriber, reader };
}

/** A subscriber of `D` that was read once. */
async function withOneBatch(bus: Bus, publisher: FramePublisher) {
  const subscriber = await bus.subscriber();
  subscriber.registerTopic("D");
  const batches = subscriber.batches()[Symbol.asyncIterator]();
  await bus.follow(subscriber);
  await put(publisher, "D", bytesOf("first"));
  await batches.next();
  return { subscriber, batches };
}
