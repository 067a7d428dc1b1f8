import assert from "node:assert/strict";
import { nextTurn } from "../../../drivers/contract/next_turn.ts";
import type { Frame, FramePublisher, PubSubDriver } from "../../../drivers/contract/pubsub.ts";
import { streamKey } from "../../../drivers/_internal/redis/stream/topic.ts";
import { bytesOf, FrameReader } from "../../support/frame_reader.ts";
import { withoutLeaks } from "../../support/handles.ts";
import { startCluster } from "../../support/redis/cluster.ts";
import { redisStreamDriver } from "../../support/redis/drivers.ts";
import type { RedisNode } from "../../support/redis/node.ts";
import { startRedis } from "../../support/redis/server.ts";

/** A new subscriber's frames by topic, and the topics with gaps. */
interface Replay {
  readonly texts: string[];
  readonly positions: string[];
  readonly gaps: string[];
}

/** Reads topics from a position until the text `end` arrives. */
async function replay(
  driver: PubSubDriver,
  since: string | number,
  topics: readonly string[] = ["D"],
): Promise<Replay> {
  await using subscriber = await driver.openSubscriber();
  for (const topic of topics) subscriber.registerTopic(topic, { since });
  const frames: Frame[] = [];
  const gaps: string[] = [];
  for await (const batch of subscriber.batches()) {
    for (const { topic, payload, position = "", gap, past } of batch) {
      if (past !== undefined) continue;
      if (gap === undefined) frames.push({ topic, payload, position });
      else gaps.push(`${topic} after ${frames.length}`);
    }
    if (frames.filter((frame) => text(frame) === "end").length === topics.length) break;
  }
  return { texts: frames.map(text), positions: frames.map((frame) => frame.position ?? ""), gaps };
}

function text({ payload }: Frame): string {
  return new TextDecoder().decode(payload);
}

async function publish(publisher: FramePublisher, ...texts: readonly string[]): Promise<void> {
  for (const each of texts) await publisher.send("D", bytesOf(each));
}

/** Runs a test with a stream driver and its own server. */
function onServer(
  test: (driver: PubSubDriver, publisher: FramePublisher, server: RedisNode) => Promise<void>,
  maxLength = 1_000,
): () => Promise<void> {
  return () =>
    withoutLeaks(async () => {
      await using server = await startRedis();
      const driver = redisStreamDriver({ addresses: [server.address] }, {
        "df_redis.receive_queue": "100",
        "df_redis.stream_max_length": String(maxLength),
        "df_redis.stream_max_age": "0",
      });
      await using publisher = await driver.openPublisher();
      await test(driver, publisher, server);
    });
}

Deno.test(
  "redis streams replay from the start, a time, an id and a position",
  onServer(async (driver, publisher) => {
    await publish(publisher, "one", "two", "end");
    const all = await replay(driver, "start");
    assert.deepEqual(all, { ...all, texts: ["one", "two", "end"], gaps: [] });
    const [first = ""] = all.positions;
    for (const since of [first, first.split("/")[0] ?? ""]) {
      const rest = await replay(driver, since);
      assert.deepEqual(rest, { ...rest, texts: ["two", "end"], gaps: [] });
    }
    const since = Number(first.split("-")[0]);
    assert.deepEqual((await replay(driver, since)).texts, ["one", "two", "end"]);
    await using later = await driver.openSubscriber();
    const reader = new FrameReader(later);
    const soon = Date.now() + 1;
    later.registerTopic("D", { since: soon });
    await later.ready({ timeoutMs: 10_000 });
    while (Date.now() <= soon) await nextTurn();
    await publish(publisher, "later");
    await reader.has("D|later");
    const frames = ["D|<start>", "D|<end>", "D|later"];
    assert.deepEqual(reader.frames, frames, "neither a gap nor an earlier event");
    assert.deepEqual((await replay(driver, 0)).gaps, []);
  }),
);

Deno.test(
  "redis streams report one gap in that topic, when history was trimmed after a position",
  onServer(async (driver, publisher) => {
    await publish(publisher, "one", "two");
    const [position = ""] = (await readOne(driver, publisher)).positions;
    for (let number = 0; number < 3_000; number++) publisher.trySend("D", bytesOf(`${number}`));
    await publish(publisher, "end");
    const late = await replay(driver, position);
    assert.deepEqual(late.gaps, ["D after 0"]);
    assert(late.texts.length < 1_200, `${late.texts.length} of history`);
    assert.equal(late.texts.at(-1), "end");
  }),
);

/** The positions of the stored events, followed by an `end`. */
async function readOne(driver: PubSubDriver, publisher: FramePublisher): Promise<Replay> {
  await publish(publisher, "end");
  return replay(driver, "start");
}

Deno.test(
  "redis streams report no gap, when exactly the events that were read are trimmed",
  onServer(async (driver, publisher, server) => {
    await publish(publisher, "one", "end");
    const position = (await replay(driver, "start")).positions.at(-1) ?? "";
    await publish(publisher, "two", "end");
    await server.cli(["xtrim", streamKey("D"), "maxlen", "2"]);
    const rest = await replay(driver, position);
    assert.deepEqual(rest, { ...rest, texts: ["two", "end"], gaps: [] });
  }),
);

Deno.test(
  "redis streams report a gap, when the stream is missing or the server is another",
  onServer(async (driver, publisher, server) => {
    await publish(publisher, "one", "end");
    const position = (await replay(driver, "start")).positions.at(-1) ?? "";
    await server.cli(["del", streamKey("D")]);
    await using subscriber = await driver.openSubscriber();
    subscriber.registerTopic("D", { since: position });
    await subscriber.ready();
    const batch = await subscriber.batches()[Symbol.asyncIterator]().next();
    assert.deepEqual(batch.value?.map(({ gap, past }: Frame) => gap ?? past?.kind), [
      ...["its stream was reset or deleted", "start", "end"],
    ]);
  }),
);

Deno.test(
  "redis streams report a gap, when the stream was deleted and began again",
  onServer(async (driver, publisher, server) => {
    await publish(publisher, "one", "end");
    const position = (await replay(driver, "start")).positions.at(-1) ?? "";
    await publish(publisher, "lost");
    await server.cli(["del", streamKey("D")]);
    await publish(publisher, "end");
    const rest = await replay(driver, position);
    assert.deepEqual(rest, { ...rest, texts: ["end"], gaps: ["D after 0"] });
  }),
);

Deno.test(
  "redis streams say how far back they reach, when older entries were trimmed, and find any number of last entries",
  onServer(async (driver, publisher, server) => {
    const before = Date.now();
    for (let number = 0; number < 2_500; number++) await publish(publisher, `${number}`);
    await server.cli(["xtrim", streamKey("D"), "MAXLEN", "1800"]);
    for (const [last, wanted] of [[1_200, 1_200], [5_000, 1_800]] as const) {
      await using subscriber = await driver.openSubscriber();
      subscriber.registerTopic("D", { last });
      const frames: Frame[] = [];
      for await (const batch of subscriber.batches()) {
        frames.push(...batch);
        if (frames.at(-1)?.past?.kind === "end") break;
      }
      const start = frames[0]?.past;
      assert(start?.kind === "start");
      assert.equal(start.frames, wanted);
      const { keptSince = 0 } = start;
      assert(keptSince >= before && keptSince <= Date.now());
      const texts = frames.slice(1, -1).map(text);
      assert.deepEqual(texts, Array.from({ length: wanted }, (_, at) => `${2_500 - wanted + at}`));
    }
  }, 10_000),
);

Deno.test(
  "redis streams continue after a full queue, when a reader is slower than the publisher",
  onServer(async (driver, publisher) => {
    await using subscriber = await driver.openSubscriber();
    subscriber.registerTopic("D");
    await subscriber.ready();
    for (let number = 0; number < 900; number++) await publish(publisher, `${number}`);
    let next = 0;
    for await (const batch of subscriber.batches()) {
      for (const frame of batch) assert.equal(text(frame), `${next++}`);
      if (next === 900) break;
    }
  }),
);

Deno.test(
  "redis streams refuse an invalid since, and a key that is not a stream",
  onServer(async (driver, publisher, server) => {
    await using subscriber = await driver.openSubscriber();
    for (const since of ["yesterday", "", -1, 1.5, "1-1/2"]) {
      assert.throws(() => subscriber.registerTopic("D", { since }), RangeError);
    }
    await server.cli(["set", streamKey("D"), "no stream"]);
    subscriber.registerTopic("D");
    await assert.rejects(subscriber.ready({ timeoutMs: 5_000 }), { code: "TRANSPORT_FAILED" });
    const reader = new FrameReader(subscriber);
    subscriber.registerTopic("E", { since: "start" });
    for (let number = 0; number < 500; number++) publisher.trySend("E", bytesOf("1"));
    await reader.count(500);
    await server.cli(["del", streamKey("D")]);
    await subscriber.ready({ timeoutMs: 5_000 }).catch(() => {});
  }),
);

Deno.test("redis streams of many topics are read on every master of a cluster", async () => {
  await withoutLeaks(async () => {
    await using cluster = await startCluster({ replicas: 0 });
    const driver = redisStreamDriver(cluster);
    await using publisher = await driver.openPublisher();
    const topics = Array.from({ length: 100 }, (_, number) => `tenant-${number}`);
    for (const topic of topics) await publisher.send(topic, bytesOf(topic));
    for (const topic of topics) await publisher.send(topic, bytesOf("end"));
    const { texts, gaps } = await replay(driver, "start", topics);
    assert.deepEqual(texts.filter((each) => each !== "end").sort(), topics.sort());
    assert.deepEqual(gaps, []);
  });
});
