import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { EtcdRange } from "../../../drivers/_internal/etcd/answers.ts";
import type { Frame, FramePublisher, PubSubDriver } from "../../../drivers/contract/pubsub.ts";
import { SendGroup } from "../../../drivers/contract/send_group.ts";
import { etcdDriver } from "../../support/etcd/driver.ts";
import { EtcdServer } from "../../support/etcd/server.ts";
import { WatchFixture } from "../../support/etcd/watch.ts";
import { bytesOf, FrameReader } from "../../support/frame_reader.ts";

/** A bus on its own etcd, with a publisher and a client beside it. */
interface Site {
  readonly driver: PubSubDriver;
  readonly publisher: FramePublisher;
  readonly server: EtcdServer;
  readonly beside: WatchFixture;
}

function test(name: string, run: (site: Site) => Promise<void>): void {
  Deno.test(`etcd bus ${name}`, async () => {
    await using server = await EtcdServer.start();
    const driver = etcdDriver(server.addresses);
    await using publisher = await driver.openPublisher();
    await using beside = await WatchFixture.open(server.addresses);
    await run({ driver, publisher, server, beside });
  });
}

/** The frames of `D` from a position until the text `end`; a gap is the text `gap`. */
async function replay(driver: PubSubDriver, since: string | number): Promise<Frame[]> {
  await using subscriber = await driver.openSubscriber();
  subscriber.registerTopic("D", { since });
  const frames: Frame[] = [];
  for await (const batch of subscriber.batches()) {
    for (const { topic, payload, position = "", gap, past } of batch) {
      if (past !== undefined) continue;
      frames.push({ topic, payload: gap === undefined ? payload : bytesOf("gap"), position });
    }
    if (textsOf(frames).includes("end")) break;
  }
  return frames;
}

function textsOf(frames: readonly Frame[]): string[] {
  return frames.map(({ payload }) => new TextDecoder().decode(payload));
}

async function publish(publisher: FramePublisher, ...texts: readonly string[]): Promise<void> {
  for (const each of texts) await publisher.send("D", bytesOf(each));
}

/** Publishes enough events at once for them to share puts. */
async function burst(publisher: FramePublisher, ...texts: readonly string[]): Promise<void> {
  const group = new SendGroup();
  for (const each of texts) assert(publisher.trySendIn?.(group, "D", bytesOf(each)));
  await group.settled();
  assert.deepEqual(group.failures, []);
}

test("begins after a position or with all events that are kept", async ({ driver, publisher }) => {
  await publish(publisher, "1", "2", "3", "end");
  const all = await replay(driver, "start");
  assert.deepEqual(textsOf(all), ["1", "2", "3", "end"]);
  assert.match(all[0]?.position ?? "", /^2-0\/\d+$/);
  const later = await replay(driver, all[1]?.position ?? "");
  assert.deepEqual(textsOf(later), ["3", "end"]);
  assert.deepEqual(
    later.map(({ position }) => position),
    all.slice(2).map((each) => each.position),
  );
});

test("refuses a beginning that is a text but not a position", async ({ driver }) => {
  await using subscriber = await driver.openSubscriber();
  const refusal = { name: "RangeError", message: /is not valid, wanted now, start, Unix/ };
  for (const since of ["yesterday", "12-3", "-1-0/5"]) {
    assert.throws(() => subscriber.registerTopic("D", { since }), refusal);
  }
});

test("has one gap in its place, when events were compacted", async ({ driver, publisher, server }) => {
  await publish(publisher, "1", "2");
  const [first] = await replayOf(driver, publisher);
  await publish(publisher, "3", "4", "5");
  assert((await server.ctl(["compact", "6"])).isOk);
  await publish(publisher, "end");
  const frames = textsOf(await replay(driver, first?.position ?? ""));
  assert.deepEqual(frames.filter((text) => text === "gap"), ["gap"]);
  assert.equal(frames[0], "gap");
  assert.equal(frames.at(-1), "end");
  assert.deepEqual(textsOf(await replay(driver, "start")), frames.slice(1));
});

/** All frames so far; ends with an event `end`. */
async function replayOf(driver: PubSubDriver, publisher: FramePublisher): Promise<Frame[]> {
  await publish(publisher, "end");
  return await replay(driver, "start");
}

test("goes on with no gap, when etcd was compacted after its last event", async ({ driver, publisher, server, beside }) => {
  await publish(publisher, "1", "end");
  const last = (await replay(driver, "start")).at(-1);
  for (let n = 0; n < 5; n++) await beside.put("/other", `${n}`);
  assert((await server.ctl(["compact", "7"])).isOk);
  await using subscriber = await driver.openSubscriber();
  const reader = new FrameReader(subscriber);
  subscriber.registerTopic("D", { since: last?.position ?? "" });
  await subscriber.ready();
  await publish(publisher, "2");
  await reader.count(3);
  // The event may come before the end of the past has been read.
  assert.deepEqual(new Set(reader.frames), new Set(["D|<start>", "D|<end>", "D|2"]));
});

test("delivers every event after a gap, when another etcd reaches the revision of the position", async ({ driver, publisher }) => {
  await using subscriber = await driver.openSubscriber();
  const reader = new FrameReader(subscriber);
  subscriber.registerTopic("D", { since: "2-1/777" });
  await subscriber.ready();
  await publish(publisher, "1", "2");
  await reader.has("D|2");
  assert.deepEqual(reader.gaps, ["D|another etcd answers now, without the last events"]);
  const events = reader.frames.filter((frame) => !frame.includes("<"));
  assert.deepEqual(events, ["D|", "D|1", "D|2"]);
});

test("carries a burst in few puts, and resumes within one", async ({ driver, publisher, beside }) => {
  const key = beside.watch("/pubsub/D");
  await key.until("live");
  const texts = Array.from({ length: 200 }, (_, n) => `${n}`);
  await burst(publisher, ...texts, "end");
  const all = await replay(driver, "start");
  assert.deepEqual(textsOf(all), [...texts, "end"]);
  assert.equal(key.events.length, 2);
  for (const at of [0, 60, 127, 128, 199]) {
    const rest = textsOf(await replay(driver, all[at]?.position ?? ""));
    assert.deepEqual(rest, [...texts, "end"].slice(at + 1));
  }
});

test("has puts of a burst that a node of the original reads as a sync", async ({ publisher, beside }) => {
  await burst(publisher, ...Array.from({ length: 100 }, (_, n) => `${n}`));
  const range = { key: Buffer.from("/pubsub/D").toString("base64") };
  const { kvs: [kv] = [] } = await beside.client.call("kv/range", range, "read") as EtcdRange;
  assert.deepEqual(await readByPython(kv?.value ?? ""), {
    table: null,
    key: null,
    action: "sync",
    value: null,
    topic: "D",
  });
});

/** The five fields of an event, as a program in Python reads its payload. */
async function readByPython(base64: string): Promise<unknown> {
  const script = "import base64, json, msgpack, sys\n" +
    "event = msgpack.unpackb(base64.b64decode(sys.argv[1]), raw=False)\n" +
    "print(json.dumps({k: event[k] for k in ['table', 'key', 'action', 'value', 'topic']}))";
  const args = ["-c", script, base64];
  const { stdout, stderr } = await new Deno.Command("/usr/bin/python3", { args }).output();
  const text = new TextDecoder().decode(stdout);
  assert.notEqual(text, "", new TextDecoder().decode(stderr));
  return JSON.parse(text);
}

test("reads an event of the original and puts one as the original does", async ({ driver, publisher, beside }) => {
  await using subscriber = await driver.openSubscriber();
  const reader = new FrameReader(subscriber);
  subscriber.registerTopic("tenant-é");
  await subscriber.ready();
  const key = beside.watch("/pubsub/tenant-é");
  await key.until("live");
  await beside.put("/pubsub/tenant-é", "theirs");
  await publisher.send("tenant-é", bytesOf("ours"));
  await reader.has("tenant-é|ours");
  assert.deepEqual(reader.frames, ["tenant-é|theirs", "tenant-é|ours"]);
  await key.until("/pubsub/tenant-é=ours");
  assert.deepEqual(key.events, ["/pubsub/tenant-é=theirs", "/pubsub/tenant-é=ours"]);
});

test("begins with the last event of a topic, also when etcd was compacted after it", async ({ driver, publisher, server, beside }) => {
  await publish(publisher, "1", "2");
  await beside.put("/other", "1");
  assert((await server.ctl(["compact", "4"])).isOk);
  await using subscriber = await driver.openSubscriber();
  const reader = new FrameReader(subscriber);
  subscriber.registerTopic("D", { since: "start" });
  await reader.has("D|<end>");
  assert.deepEqual(reader.frames, ["D|<start>", "D|2", "D|<end>"]);
});
