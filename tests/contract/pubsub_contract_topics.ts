import assert from "node:assert/strict";
import type { PubSubTraits } from "../../drivers/contract/pubsub.ts";
import { bytesOf, FrameReader } from "../support/frame_reader.ts";
import { eventually } from "../support/eventually.ts";
import type { RegisterTest } from "./pubsub_contract.ts";

/** Which frames a topic is about, and which topics there are. */
export function registerTopics(it: RegisterTest, { fanOut }: PubSubTraits): void {
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

  it(
    "delivers every topic, also of one that begins later, when all are registered",
    async (bus) => {
      const publisher = await bus.publisher();
      const subscriber = await bus.subscriber();
      if (subscriber.registerAllTopics === undefined) return;
      subscriber.registerAllTopics();
      const reader = new FrameReader(subscriber);
      await bus.follow(subscriber);
      for (const topic of ["D", "abc", "größe", "D"]) await publisher.send(topic, bytesOf("1"));
      await reader.count(4);
      const wanted = ["D|1", "D|1", "abc|1", "größe|1"];
      assert.deepEqual(reader.frames.toSorted(), wanted.toSorted());
    },
    everyTopic,
  );

  it(
    "counts the frames that have arrived, including those that its reader does not have",
    async (bus) => {
      const publisher = await bus.publisher();
      const subscriber = await bus.subscriber();
      subscriber.registerTopic("D");
      const batches = subscriber.batches()[Symbol.asyncIterator]();
      const first = batches.next();
      await bus.follow(subscriber);
      for (let count = 0; count < 10; count++) await publisher.send("D", bytesOf("1"));
      await first;
      if (subscriber.arrived === undefined) return;
      await eventually(() => subscriber.arrived, (arrived) => arrived === 10);
      while (subscriber.counters.received < 10) await batches.next();
      assert.equal(subscriber.arrived, 10);
      await batches.return?.();
    },
    everyTopic,
  );

  it("ignores the removal of a topic or address, when it is unknown", async (bus) => {
    const subscriber = await bus.subscriber();
    subscriber.unregisterTopic("never registered");
    subscriber.unregisterListenAddress("tcp://127.0.0.1:1");
  });
}
