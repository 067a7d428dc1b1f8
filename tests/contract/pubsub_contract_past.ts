import assert from "node:assert/strict";
import type { PubSubTraits, TopicOptions } from "../../drivers/contract/pubsub.ts";
import { bytesOf, FrameReader } from "../support/frame_reader.ts";
import { eventually } from "../support/eventually.ts";
import { type Bus, numbered, type ReadSubscriber, sendNumbered, timedBytes } from "./pubsub_bus.ts";
import type { RegisterTest } from "./pubsub_contract.ts";

/** Topics that begin before their registration. */
export function registerPast(it: RegisterTest, { begins, fanOut }: PubSubTraits): void {
  const isPast = { when: begins.length > 0, reason: "its topics may begin in the past" };
  const without = (place: typeof begins[number]) => ({
    when: !begins.includes(place),
    reason: `its topics cannot begin at: ${place}`,
  });

  it("refuses a topic that begins in the past, when it keeps nothing", async (bus) => {
    const subscriber = await bus.subscriber();
    for (const options of [{ since: "start" }, { since: Date.now() }, { last: 1 }]) {
      assert.throws(() => subscriber.registerTopic("D", options), RangeError);
    }
    subscriber.registerTopic("D", { since: "now" });
  }, fanOut === "one" ? { when: true, reason: "its one subscriber gets every frame" } : isPast);

  it("begins with every kept frame of the topic, and marks where they end", async (bus) => {
    const publisher = await bus.publisher();
    const topic = newTopic();
    await sendNumbered(publisher, topic, { count: 3 });
    await publisher.send("other", bytesOf("x"));
    const { reader } = await readingFrom(bus, topic, { since: "start" });
    await reader.has(`${topic}|<end>`);
    await publisher.send(topic, bytesOf("new"));
    await reader.has(`${topic}|new`);
    assert.deepEqual(reader.frames.slice(1), [
      `${topic}|0`,
      `${topic}|1`,
      `${topic}|2`,
      `${topic}|<end>`,
      `${topic}|new`,
    ]);
    assert.match(reader.frames[0] ?? "", /\|<start( 3)?>$/);
  }, without("start"));

  it("begins with the last frames, and with fewer when fewer are kept", async (bus) => {
    const publisher = await bus.publisher();
    const topic = newTopic();
    await sendNumbered(publisher, topic, { count: 4 });
    await publisher.send(topic, bytesOf("4"));
    for (
      const [last, wanted] of [[2, [`${topic}|3`, `${topic}|4`]], [
        9,
        numbered(topic, "", 5),
      ]] as const
    ) {
      const { reader, subscriber } = await readingFrom(bus, topic, { last });
      await reader.has(`${topic}|<end>`);
      assert.deepEqual(reader.frames, [
        `${topic}|<start ${wanted.length}>`,
        ...wanted,
        `${topic}|<end>`,
      ]);
      await subscriber[Symbol.asyncDispose]();
    }
  }, without("last"));

  it("begins with the frames since a time, also among the last ones", async (bus) => {
    const publisher = await bus.publisher();
    const topic = newTopic();
    for (const text of ["0", "1", "2"]) await publisher.send(topic, timedBytes(text));
    const since = await laterTime();
    for (const text of ["later", "last"]) await publisher.send(topic, timedBytes(text));
    for (
      const [options, wanted] of [
        [{ since }, ["later", "last"]],
        [{ since, last: 1 }, ["last"]],
        [{ since, last: 9 }, ["later", "last"]],
        [{ since: since + 3_600_000 }, []],
      ] as const
    ) {
      const { reader, subscriber } = await readingFrom(bus, topic, options);
      await reader.has(`${topic}|<end>`);
      const texts = reader.frames.slice(1, -1).map((frame) => frame.replace(/@.*/, ""));
      assert.deepEqual(texts, wanted.map((text) => `${topic}|${text}`));
      await subscriber[Symbol.asyncDispose]();
    }
  }, without("time"));

  it("marks the end at once, when a topic has no past", async (bus) => {
    const publisher = await bus.publisher();
    const topic = newTopic();
    await publisher.send("other", bytesOf("x"));
    const { reader } = await readingFrom(bus, topic, { since: "start" });
    await reader.has(`${topic}|<end>`);
    assert.deepEqual(reader.frames.length, 2);
    assert.match(reader.frames[0] ?? "", /<start( 0)?>$/);
  }, without("start"));

  it("refuses a beginning that it does not know", async (bus) => {
    const subscriber = await bus.subscriber();
    for (const since of ["yesterday", "-1", -1, 0.5, NaN]) {
      assert.throws(() => subscriber.registerTopic("D", { since }), RangeError, String(since));
    }
  }, without("start"));
}

/** A topic of its own, since a broker keeps the frames of other tests. */
function newTopic(): string {
  return crypto.randomUUID();
}

async function readingFrom(
  bus: Bus,
  topic: string,
  options: TopicOptions,
): Promise<ReadSubscriber> {
  const subscriber = await bus.subscriber();
  const reader = new FrameReader(subscriber);
  subscriber.registerTopic(topic, options);
  await bus.follow(subscriber);
  return { subscriber, reader };
}

/** A time after everything that was sent before, and before everything that is sent next. */
async function laterTime(): Promise<number> {
  const before = Date.now();
  const since = await eventually(() => Date.now(), (now) => now > before + 1);
  await eventually(() => Date.now(), (now) => now > since);
  return since;
}
