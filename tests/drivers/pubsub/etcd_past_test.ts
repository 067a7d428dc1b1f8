import assert from "node:assert/strict";
import { setTimeout } from "node:timers/promises";
import { findStart } from "../../../drivers/_internal/etcd/bus/past_search.ts";
import { topicKey } from "../../../drivers/_internal/etcd/bus/topic_key.ts";
import type { EtcdClient } from "../../../drivers/_internal/etcd/client.ts";
import type { Frame, FramePublisher, TopicOptions } from "../../../drivers/contract/pubsub.ts";
import { SendGroup } from "../../../drivers/contract/send_group.ts";
import { timedBytes, timeIn } from "../../contract/pubsub_bus.ts";
import { Collector } from "../../support/collector.ts";
import { endAfterTests } from "../../support/end_after_tests.ts";
import { etcdDriver } from "../../support/etcd/driver.ts";
import { EtcdServer } from "../../support/etcd/server.ts";
import { WatchFixture } from "../../support/etcd/watch.ts";
import { bytesOf, shown } from "../../support/frame_reader.ts";

const server = await EtcdServer.start();
const driver = etcdDriver(server.addresses);

/** A separate topic on the shared bus, with a publisher and a client of etcd. */
interface Site {
  readonly topic: string;
  readonly publisher: FramePublisher;
  readonly beside: WatchFixture;
}

function test(name: string, run: (site: Site) => Promise<void>): void {
  Deno.test(`etcd bus ${name}`, async () => {
    await using publisher = await driver.openPublisher();
    await using beside = await WatchFixture.open(server.addresses);
    await run({ topic: crypto.randomUUID(), publisher, beside });
  });
}

/** The past that a subscriber receives: the events, and what the mark before them says. */
async function past(topic: string, options: TopicOptions) {
  await using subscriber = await driver.openSubscriber({ sentAt: timeIn });
  const found = new Collector<Frame>();
  const reading = (async () => {
    for await (const batch of subscriber.batches()) {
      found.add(...batch.map((frame) => ({ ...frame, payload: frame.payload.slice() })));
    }
  })();
  subscriber.registerTopic(topic, options);
  await found.has(() => found.items.at(-1)?.past?.kind === "end", "the end of the past");
  await subscriber[Symbol.asyncDispose]();
  await reading;
  const [first, ...frames] = found.items.slice(0, -1);
  assert(first?.past?.kind === "start");
  const { frames: count, keptSince } = first.past;
  const texts = frames.map((frame) => shown(frame).replace(/^.*\||@\d+$/g, ""));
  return { texts, count, keptSince };
}

/** Publishes events with their times, each in another millisecond. @returns the times */
async function publish({ publisher, topic }: Site, ...texts: readonly string[]): Promise<number[]> {
  const times: number[] = [];
  for (const text of texts) {
    await setTimeout(2);
    const payload = timedBytes(text);
    await publisher.send(topic, payload);
    times.push(timeIn(payload) ?? 0);
  }
  return times;
}

/** Publishes events at once, so that they share puts. */
async function burst(
  { publisher, topic }: Site,
  payloads: readonly Uint8Array[],
): Promise<void> {
  const group = new SendGroup();
  for (const payload of payloads) assert(publisher.trySendIn?.(group, topic, payload));
  await group.settled();
  assert.deepEqual(group.failures, []);
}

/** Puts an event without a time, as the original does. */
async function putForeign({ beside, topic }: Site, text: string): Promise<void> {
  await beside.put(`/pubsub/${topic}`, text);
}

/** Makes an unrelated change, and compacts everything before it. */
async function compact({ beside }: Site): Promise<void> {
  const answer = await beside.client.call("kv/put", { key: "L290aGVy", value: "" }, "write");
  const { revision } = answer["header"] as { revision: string };
  await beside.client.call("kv/compaction", { revision }, "write");
}

const numbers = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => `${from + index}`);

test("begins with exactly the last events, when puts have several", async (site) => {
  await publish(site, ...numbers(0, 3));
  await burst(site, numbers(3, 303).map((text) => timedBytes(text)));
  await publish(site, ...numbers(303, 305));
  for (const last of [1, 2, 3, 46, 47, 130, 301, 302, 304, 305]) {
    const { texts, count } = await past(site.topic, { last });
    assert.deepEqual([texts, count], [numbers(305 - last, 305), last]);
  }
  const { texts, count, keptSince } = await past(site.topic, { last: 1_000_000 });
  assert.deepEqual([texts, count, keptSince], [numbers(0, 305), 305, 0]);
});

test("says since when events are kept, when fewer are kept than wanted", async (site) => {
  const times = await publish(site, ...numbers(0, 5));
  await compact(site);
  times.push(...await publish(site, ...numbers(5, 8)));
  const short = await past(site.topic, { last: 5 });
  assert.deepEqual(short, { texts: ["4", "5", "6", "7"], count: 4, keptSince: times[4] });
  const whole = await past(site.topic, { last: 4 });
  assert.deepEqual([whole.texts, whole.count], [["4", "5", "6", "7"], 4]);
  const since = await past(site.topic, { since: times[1] });
  assert.deepEqual(since, { texts: short.texts, count: undefined, keptSince: times[4] });
  const later = await past(site.topic, { since: times[6] });
  assert.deepEqual(later, { texts: ["6", "7"], count: undefined, keptSince: times[6] });
});

test("begins with the last event, when the topic has been quiet since a compaction", async (site) => {
  const [, time] = await publish(site, "0", "1");
  await compact(site);
  assert.deepEqual(await past(site.topic, { last: 2 }), {
    texts: ["1"],
    count: 1,
    keptSince: time,
  });
  assert.deepEqual((await past(site.topic, { since: time })).texts, ["1"]);
  assert.deepEqual((await past(site.topic, { since: 1 + (time ?? 0) })).texts, []);
});

test("begins at a time within a put, also among the last events", async (site) => {
  const at = (time: number) => bytesOf(`${time}@${time}`);
  await burst(
    site,
    [1_000, 2_000, 3_000].flatMap((from) => numbers(from, from + 100)).map(Number).map(at),
  );
  await publish(site, "now");
  const since = await past(site.topic, { since: 2_050 });
  assert.deepEqual(since.texts, [...numbers(2_050, 2_100), ...numbers(3_000, 3_100), "now"]);
  const last = await past(site.topic, { since: 2_050, last: 120 });
  assert.deepEqual([last.texts, last.count], [since.texts.slice(-120), 120]);
  const more = await past(site.topic, { since: 2_050, last: 500 });
  assert.deepEqual([more.texts, more.count, more.keptSince], [since.texts, 151, 2_050]);
});

test("treats an event without a time as sent with the next one that has a time", async (site) => {
  await putForeign(site, "a");
  const [, second = 0] = await publish(site, "0", "1");
  await putForeign(site, "b");
  await publish(site, "2");
  await putForeign(site, "c");
  assert.deepEqual((await past(site.topic, { since: second + 1 })).texts, ["b", "2", "c"]);
  assert.deepEqual((await past(site.topic, { since: Date.now() })).texts, ["c"]);
  assert.deepEqual((await past(site.topic, { since: 1 })).texts, ["a", "0", "1", "b", "2", "c"]);
  assert.deepEqual((await past(site.topic, { last: 3 })).texts, ["b", "2", "c"]);
});

test("begins with all events that are kept, when none has a time", async (site) => {
  for (const text of ["0", "1", "2"]) await putForeign(site, text);
  const since = Date.now() - 1;
  assert.deepEqual((await past(site.topic, { since })).texts, ["0", "1", "2"]);
  await compact(site);
  await putForeign(site, "3");
  const short = { texts: ["2", "3"], count: 2, keptSince: undefined };
  assert.deepEqual(await past(site.topic, { last: 3 }), short);
});

test("begins after a position among the last events", async (site) => {
  await burst(site, numbers(0, 200).map((text) => timedBytes(text)));
  await using subscriber = await driver.openSubscriber();
  subscriber.registerTopic(site.topic, { since: "start" });
  const positions: string[] = [];
  for await (const batch of subscriber.batches()) {
    positions.push(...batch.flatMap(({ position }) => position ?? []));
    if (positions.length === 200) break;
  }
  const since = positions[99];
  assert.deepEqual((await past(site.topic, { since })).texts, numbers(100, 200));
  assert.deepEqual((await past(site.topic, { since, last: 500 })).texts, numbers(100, 200));
  assert.deepEqual((await past(site.topic, { since, last: 30 })).texts, numbers(170, 200));
});

test("looks back in each of several topics, and continues with new events", async (site) => {
  const topics = numbers(0, 20).map((name) => `${site.topic} ${name}`);
  for (const topic of topics) await publish({ ...site, topic }, "0", "1", "2");
  await using subscriber = await driver.openSubscriber({ sentAt: timeIn });
  const found = new Collector<string>();
  const reading = (async () => {
    for await (const batch of subscriber.batches()) found.add(...batch.map(shown));
  })();
  for (const topic of topics) subscriber.registerTopic(topic, { last: 2 });
  await subscriber.ready();
  for (const topic of topics) await publish({ ...site, topic }, "new");
  await found.has(() => found.items.length === 5 * topics.length, "all of it");
  for (const topic of topics) {
    const texts = found.items.filter((text) => text.startsWith(`${topic}|`))
      .map((text) => text.slice(topic.length + 1).replace(/@.*/, ""));
    // The new event may come before the end of the past has been read.
    assert.deepEqual(texts.filter((text) => text !== "<end>"), ["<start 2>", "1", "2", "new"]);
    assert(texts.includes("<end>"));
  }
  await subscriber[Symbol.asyncDispose]();
  await reading;
});

test("finds the beginning with few reads, when the history is long", async (site) => {
  const { beside, topic } = site;
  await publish(site, "old");
  await compact(site);
  for (let put = 0; put < 256; put++) await putForeign(site, `${put}`);
  const [time = 0] = await publish(site, "new");
  let reads = 0;
  const watched: number[] = [];
  const client = {
    call: (...args: Parameters<EtcdClient["call"]>) => {
      reads++;
      return beside.client.call(...args);
    },
    stream: (...[request, use]: Parameters<EtcdClient["stream"]>) => {
      reads++;
      watched.push(Number(JSON.parse(request.body("")).create_request.start_revision));
      return beside.client.stream(request, use);
    },
  } as unknown as EtcdClient;
  const search = { client, key: topicKey(topic), sentAt: timeIn, signal: AbortSignal.any([]) };
  for (const [since, last] of [["start"], [time], ["start", 100]] as const) {
    reads = 0;
    const { after = 0 } = await findStart({ ...search, beginning: { since, last } });
    assert(after > 0);
    // One for the newest put, one per binary digit of the distance, and those for times or events.
    assert(reads <= 2 + 2 * 9, `${reads} reads`);
    if (last === undefined) watched.length = 0;
    else assert(Math.min(...watched) >= after, `events from ${watched} on are counted`);
  }
});

endAfterTests(server);
