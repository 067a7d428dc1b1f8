import assert from "node:assert/strict";
import type { Frame, PubSubDriver, PubSubTraits } from "../../drivers/contract/pubsub.ts";
import { bytesOf, shown } from "../support/frame_reader.ts";
import { withoutLeaks } from "../support/handles.ts";
import { tempDir } from "../support/temp_dir.ts";
import type { Overrides } from "../support/test_settings.ts";
import { Bus, numbered, put, sendNumbered } from "./pubsub_bus.ts";
import { registerClosing } from "./pubsub_contract_closing.ts";
import { registerHealth } from "./pubsub_contract_health.ts";
import { registerWaiting } from "./pubsub_contract_waiting.ts";

/** Creates the driver under test, with its own directory. Called anew for each test. */
export type CreateDriver = (overrides: Overrides, directory: string) => PubSubDriver;

/** Registers a test of one guarantee, on a new driver, which must leave nothing open. */
export type RegisterTest = (
  guarantee: string,
  test: (bus: Bus, traits: PubSubTraits) => Promise<void>,
  skip?: { readonly when: boolean; readonly reason: string },
) => void;

/** The maximum payload that the drivers under test are configured for. */
export const MAX_EVENT_BYTES = 4096;

/** Guarantees that a driver cannot be tested for, each with the reason. */
export type Exceptions = Readonly<Record<string, string>>;

/** The contract suite: registers a test for every guarantee of {@linkcode PubSubDriver}. */
export function pubSubContract(
  name: string,
  create: CreateDriver,
  exceptions: Exceptions = {},
): void {
  const overrides = { "df.pub_sub_max_event_bytes": String(MAX_EVENT_BYTES) };
  const { traits } = create(overrides, "/nonexistent");
  const it: RegisterTest = (guarantee, test, skip) => {
    const fn = async () => {
      await using directory = await tempDir();
      await withoutLeaks(async () => {
        await using bus = new Bus(create(overrides, directory.path));
        await test(bus, traits);
      });
    };
    const reason = skip?.when ? skip.reason : exceptions[guarantee];
    if (reason !== undefined) {
      Deno.test({ name: `${name} ${guarantee}: ${reason}`, ignore: true, fn });
    } else Deno.test(`${name} ${guarantee}`, fn);
  };
  registerFrames(it);
  registerTopics(it, traits);
  registerPeers(it, traits);
  registerWaiting(it, traits);
  registerHealth(it, traits);
  registerClosing(it, traits);
}

function registerFrames(it: RegisterTest): void {
  it("delivers a frame with its topic and its bytes", async (bus) => {
    const publisher = await bus.publisher();
    const subscriber = await bus.subscriber();
    subscriber.registerTopic("D");
    const batches = subscriber.batches()[Symbol.asyncIterator]();
    const first = batches.next();
    await bus.follow(subscriber);
    const payload = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    await put(publisher, "D", payload);
    const batch: readonly Frame[] = (await first).value ?? [];
    const frames = batch.map((frame) => ({ topic: frame.topic, payload: frame.payload }));
    assert.deepEqual(frames, [{ topic: "D", payload }]);
    await batches.return?.();
  });

  it("accepts an empty payload and one of the maximum size", async (bus) => {
    const publisher = await bus.publisher();
    const { reader } = await bus.reading("D");
    const greatest = "x".repeat(MAX_EVENT_BYTES);
    await publisher.send("D", bytesOf(""));
    await publisher.send("D", bytesOf(greatest));
    await reader.count(2);
    assert.deepEqual(reader.frames, ["D|", `D|${greatest}`]);
  });

  it("has sent or copied the payload, when trySend returns", async (bus) => {
    const publisher = await bus.publisher();
    const { reader } = await bus.reading("D");
    const payload = bytesOf("before");
    await publisher.send("D", bytesOf("first"));
    assert.equal(publisher.trySend("D", payload), true);
    payload.fill(0);
    await reader.count(2);
    assert.deepEqual(reader.frames, ["D|first", "D|before"]);
  });

  it("keeps a batch unchanged until the next is requested", async (bus) => {
    const publisher = await bus.publisher();
    const subscriber = await bus.subscriber();
    subscriber.registerTopic("D");
    const batches = subscriber.batches()[Symbol.asyncIterator]();
    const first = batches.next();
    await bus.follow(subscriber);
    await sendNumbered(publisher, "D", { prefix: "early ", count: 3 });
    const { value: batch = [] } = await first;
    const before = batch.map(shown);
    await sendNumbered(publisher, "D", { prefix: "later ", count: 3_000 });
    assert.deepEqual(batch.map(shown), before);
    await batches.return?.();
  });

  it("loses none of 10,000 frames and keeps their order", async (bus) => {
    const publisher = await bus.publisher();
    const { reader, subscriber } = await bus.reading("D");
    await sendNumbered(publisher, "D", { count: 10_000 });
    await reader.count(10_000);
    assert.deepEqual(reader.frames, numbered("D", "", 10_000));
    assert.deepEqual(subscriber.counters, { received: 10_000, dropped: 0 });
  });

  it("refuses a payload over the limit", async (bus) => {
    const publisher = await bus.publisher();
    const tooLarge = new Uint8Array(MAX_EVENT_BYTES + 1);
    const refusal = { code: "FRAME_TOO_LARGE", message: /topic "D": 4097 bytes.*4096/ };
    assert.throws(() => publisher.trySend("D", tooLarge), refusal);
    await assert.rejects(publisher.send("D", tooLarge), refusal);
  });
}

function registerTopics(it: RegisterTest, { fanOut }: PubSubTraits): void {
  const everyTopic = { when: fanOut === "one", reason: "its one subscriber gets every topic" };

  it("matches topics exactly, not by prefix", async (bus) => {
    const publisher = await bus.publisher();
    const { reader } = await bus.reading("D", "abc");
    for (const topic of ["Dxyz", "abcd", "ab", "d", "abc", "D"]) {
      await publisher.send(topic, bytesOf("1"));
    }
    // Frames of different topics may take different paths, and overtake each other.
    for (const frame of ["abc|1", "D|1"]) await reader.has(frame);
    assert.deepEqual(reader.frames.toSorted(), ["D|1", "abc|1"]);
  }, everyTopic);

  it("delivers topics in UTF-8 of up to 256 bytes", async (bus) => {
    const publisher = await bus.publisher();
    const topics = ["größe", "主题", "🦆", "\uFEFFD", "a\0b", "x".repeat(256), "é".repeat(128)];
    const { reader } = await bus.reading(...topics);
    for (const topic of topics) await publisher.send(topic, bytesOf("1"));
    await reader.count(topics.length);
    const wanted = topics.map((topic) => `${topic}|1`);
    assert.deepEqual(reader.frames.toSorted(), wanted.toSorted());
  });

  it("refuses a topic, when it is empty, too long or not valid Unicode", async (bus) => {
    const publisher = await bus.publisher();
    const subscriber = await bus.subscriber();
    for (const topic of ["", "x".repeat(257), "é".repeat(129), "\uD800", "a\uDC00b"]) {
      assert.throws(() => publisher.trySend(topic, bytesOf("1")), RangeError, topic);
      await assert.rejects(publisher.send(topic, bytesOf("1")), RangeError, topic);
      assert.throws(() => subscriber.registerTopic(topic), RangeError, topic);
    }
  });

  it("has one registration, when a topic is registered twice", async (bus) => {
    const publisher = await bus.publisher();
    const { reader, subscriber } = await bus.reading("D", "D", "last");
    await publisher.send("D", bytesOf("once"));
    await reader.has("D|once");
    subscriber.unregisterTopic("D");
    await publisher.send("D", bytesOf("never"));
    await publisher.send("last", bytesOf("1"));
    await reader.has("last|1");
    assert.deepEqual(reader.frames, ["D|once", "last|1"]);
  }, everyTopic);

  it("registers topics while running", async (bus) => {
    const publisher = await bus.publisher();
    const { reader, subscriber } = await bus.reading("D");
    subscriber.registerTopic("tenant");
    await subscriber.ready({ timeoutMs: 5_000 });
    await publisher.send("tenant", bytesOf("1"));
    await reader.has("tenant|1");
    subscriber.unregisterTopic("tenant");
    subscriber.registerTopic("tenant");
    await subscriber.ready({ timeoutMs: 5_000 });
    await publisher.send("tenant", bytesOf("2"));
    await reader.has("tenant|2");
  });

  it("ignores the removal of a topic or address, when it is unknown", async (bus) => {
    const subscriber = await bus.subscriber();
    subscriber.unregisterTopic("never registered");
    subscriber.unregisterListenAddress("tcp://127.0.0.1:1");
  });
}

function registerPeers(it: RegisterTest, { fanOut, listensToAddresses }: PubSubTraits): void {
  it("receives from several publishers, each in its order", async (bus) => {
    const publishers = [await bus.publisher(), await bus.publisher(), await bus.publisher()];
    const { reader } = await bus.reading("D");
    const send = publishers.map((publisher, index) =>
      sendNumbered(publisher, "D", { prefix: `${index}:`, count: 500 })
    );
    await Promise.all(send);
    await reader.count(1500);
    publishers.forEach((_, index) => {
      const from = reader.frames.filter((frame) => frame.startsWith(`D|${index}:`));
      assert.deepEqual(from, numbered("D", `${index}:`, 500));
    });
  });

  it("delivers each frame to every subscriber", async (bus) => {
    const publisher = await bus.publisher();
    const one = await bus.reading("D");
    const two = await bus.reading("D", "E");
    await sendNumbered(publisher, "D", { count: 100 });
    for (const { reader } of [one, two]) {
      await reader.count(100);
      assert.deepEqual(reader.frames, numbered("D", "", 100));
    }
  }, { when: fanOut === "one", reason: "a frame reaches one of them" });

  it("disconnects from a publisher and reconnects", async (bus) => {
    const [gone, stays] = [await bus.publisher(), await bus.publisher()];
    const { reader, subscriber } = await bus.reading("D");
    subscriber.registerListenAddress(gone.address);
    subscriber.unregisterListenAddress(gone.address);
    await gone.send("D", bytesOf("unheard"));
    await stays.send("D", bytesOf("event"));
    await reader.has("D|event");
    await bus.follow(subscriber);
    await gone.send("D", bytesOf("again"));
    await reader.has("D|again");
    assert.deepEqual(reader.frames, ["D|event", "D|again"]);
  }, { when: !listensToAddresses, reason: "it has no addresses" });

  it("refuses an address to listen to", async (bus) => {
    const subscriber = await bus.subscriber();
    const refusal = { code: "ADDRESS_INVALID", message: /"tcp:\/\/127.0.0.1:8866"/ };
    assert.throws(() => subscriber.registerListenAddress("tcp://127.0.0.1:8866"), refusal);
  }, { when: listensToAddresses, reason: "it listens to addresses" });
}
