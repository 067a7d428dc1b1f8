import assert from "node:assert/strict";
import { DriverError } from "../../drivers/contract/errors.ts";
import { sleep } from "../../drivers/contract/waiting.ts";
import type { PubSubTraits } from "../../drivers/contract/pubsub.ts";
import { bytesOf, FrameReader } from "../support/frame_reader.ts";
import { fill, numbered, whenFull } from "./pubsub_bus.ts";
import type { RegisterTest } from "./pubsub_contract.ts";

const closed = { name: "DriverError", code: "CLOSED" };
const timedOut = { name: "DriverError", code: "SEND_TIMEOUT" };

const TIMEOUT_MS = 30_000;
/** More frames than any queue that counts frames. */
const MANY = { count: 105_000, bytes: 10 };
/** More bytes than the kernel's buffers and a server's queue together. */
const LARGE = { count: 6_000, bytes: 4_000 };

/** Guarantees about waiting: `send` for room, and `ready` for publishers. */
export function registerWaiting(it: RegisterTest, traits: PubSubTraits): void {
  registerSend(it, traits);
  registerReady(it, traits);
}

function registerSend(it: RegisterTest, { delivery, confirms }: PubSubTraits): void {
  const neverWaits = { when: delivery !== "waits", reason: "it drops or keeps instead" };

  it("sends nothing, when the signal is already aborted", async (bus) => {
    const publisher = await bus.publisher();
    const { reader } = await bus.reading("D");
    const reason = new Error("changed my mind");
    const sending = publisher.send("D", bytesOf("no"), { signal: AbortSignal.abort(reason) });
    await assert.rejects(sending, reason);
    await publisher.send("D", bytesOf("yes"));
    await reader.has("D|yes");
    assert.deepEqual(reader.frames, ["D|yes"]);
  });

  it("keeps the order of 16,000 concurrent sends", async (bus) => {
    const publisher = await bus.publisher();
    const { reader } = await bus.reading("D");
    const sends: Promise<void>[] = [];
    for (let number = 0; number < 16_000; number++) {
      sends.push(publisher.send("D", bytesOf(String(number)), { timeoutMs: TIMEOUT_MS }));
      // Some sends begin while others before them wait for room. The pause uses a timer: between
      // consecutive turns the runtime reads sockets only every 61st time, and acknowledgements
      // would arrive too late.
      if (number % 12_000 === 0) await sleep(1);
    }
    await Promise.all(sends);
    await reader.count(16_000);
    assert.deepEqual(reader.frames, numbered("D", "", 16_000));
  }, { when: !confirms, reason: "its sends are not confirmed" });

  it("delivers every frame, when a subscriber is too slow", async (bus) => {
    const publisher = await bus.publisher();
    const subscriber = await bus.subscriber();
    subscriber.registerTopic("D");
    await bus.follow(subscriber);
    for (const { count, bytes } of [MANY, LARGE]) {
      const payload = bytesOf("x".repeat(bytes));
      for (let sent = 0; sent < count; sent++) {
        if (publisher.trySend("D", payload)) continue;
        await publisher.send("D", payload, { timeoutMs: TIMEOUT_MS });
      }
    }
  }, { when: delivery === "waits", reason: "it waits instead" });

  it("waits for room, until the timeout or until the signal aborts", async (bus) => {
    const subscriber = await bus.subscriber();
    subscriber.registerTopic("D");
    await whenFull(bus, "D", async (publisher) => {
      assert.equal(publisher.trySend("D", bytesOf("no room")), false);
      await assert.rejects(publisher.send("D", bytesOf("late"), { timeoutMs: 30 }), timedOut);
      const abort = new AbortController();
      const sending = publisher.send("D", bytesOf("aborted"), { signal: abort.signal });
      abort.abort(new Error("changed my mind"));
      await assert.rejects(sending, abort.signal.reason);
    });
  }, neverWaits);

  it("continues to send, when a reader has made room", async (bus) => {
    const publisher = await bus.publisher();
    const subscriber = await bus.subscriber();
    subscriber.registerTopic("D");
    const sent = await fill(publisher, "D");
    const sending = publisher.send("D", bytesOf("last"), { timeoutMs: 10_000 });
    const reader = new FrameReader(subscriber);
    await sending;
    await reader.has("D|last");
    assert.equal(reader.frames.length, sent + 1);
  }, neverWaits);

  it("ends a waiting send, when the publisher is closed", async (bus) => {
    const subscriber = await bus.subscriber();
    subscriber.registerTopic("D");
    await whenFull(bus, "D", async (publisher) => {
      const start = performance.now();
      const sending = assert.rejects(publisher.send("D", bytesOf("late")), closed);
      await publisher.close({ timeoutMs: 20 });
      await sending;
      assert(performance.now() - start < 2_000, "the send waited until its own time was over");
    });
  }, neverWaits);
}

function registerReady(it: RegisterTest, { listensToAddresses }: PubSubTraits): void {
  const noAddresses = { when: !listensToAddresses, reason: "it has no addresses" };

  it("is ready, when there is nothing to wait for", async (bus) => {
    const subscriber = await bus.subscriber();
    await subscriber.ready();
  });

  it("lists the publishers that are not live, when the timeout passes", async (bus) => {
    const [there, gone] = [await bus.publisher(), await bus.publisher()];
    const { subscriber } = await bus.reading("D");
    await gone.close();
    subscriber.unregisterListenAddress(gone.address);
    subscriber.registerListenAddress(gone.address);
    await assert.rejects(subscriber.ready({ timeoutMs: 50 }), (error: unknown) => {
      assert(error instanceof DriverError && error.code === "SEND_TIMEOUT");
      return error.message.includes(gone.address) && !error.message.includes(there.address);
    });
  }, noAddresses);

  it("stops waiting for a publisher, when it is unregistered", async (bus) => {
    const gone = await bus.publisher();
    await gone.close();
    const subscriber = await bus.subscriber();
    subscriber.registerListenAddress(gone.address);
    const ready = subscriber.ready({ addresses: [gone.address], timeoutMs: 10_000 });
    subscriber.unregisterListenAddress(gone.address);
    await ready;
  }, noAddresses);

  it("stops waiting to be ready, when the signal aborts or it is disposed", async (bus) => {
    const gone = await bus.publisher();
    await gone.close();
    const subscriber = await bus.subscriber();
    subscriber.registerListenAddress(gone.address);
    const abort = new AbortController();
    const waiting = subscriber.ready({ signal: abort.signal });
    abort.abort(new Error("changed my mind"));
    await assert.rejects(waiting, abort.signal.reason);
    const disposed = assert.rejects(subscriber.ready(), closed);
    await subscriber[Symbol.asyncDispose]();
    await disposed;
  }, noAddresses);
}
