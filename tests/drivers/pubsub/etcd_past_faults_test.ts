import assert from "node:assert/strict";
import { findStart } from "../../../drivers/_internal/etcd/bus/past_search.ts";
import { topicKey } from "../../../drivers/_internal/etcd/bus/topic_key.ts";
import type { EtcdClient } from "../../../drivers/_internal/etcd/client.ts";
import type { Frame, TopicOptions } from "../../../drivers/contract/pubsub.ts";
import { etcdDriver } from "../../support/etcd/driver.ts";
import { enableEtcdLogin } from "../../support/etcd/login.ts";
import { gatewayOf } from "../../support/etcd/gateway.ts";
import { EtcdServer } from "../../support/etcd/server.ts";
import { WatchFixture } from "../../support/etcd/watch.ts";
import { FrameReader } from "../../support/frame_reader.ts";

Deno.test("etcd bus looks back as soon as etcd answers again", async () => {
  await using server = await EtcdServer.start();
  await using beside = await WatchFixture.open(server.addresses);
  for (const text of ["0", "1", "2"]) await beside.put("/pubsub/D", text);
  const driver = etcdDriver(server.addresses, { "df_etcd.request_timeout": "1" });
  await using subscriber = await driver.openSubscriber();
  const reader = new FrameReader(subscriber);
  await server.members[0]?.kill();
  subscriber.registerTopic("D", { last: 2 });
  const late = { code: "SEND_TIMEOUT", message: /Not subscribed after 0.5 s/ };
  await assert.rejects(subscriber.ready({ timeoutMs: 500 }), late);
  server.members[0]?.restart();
  await reader.has("D|<end>");
  assert.deepEqual(reader.frames, ["D|<start 2>", "D|1", "D|2", "D|<end>"]);
});

Deno.test("etcd bus reports the end of the past, when the first read of it fails", async () => {
  await using server = await EtcdServer.start();
  await using beside = await WatchFixture.open(server.addresses);
  for (const text of ["0", "1"]) await beside.put("/pubsub/D", text);
  let hasFailed = false;
  await using gateway = gatewayOf(server, (path) => {
    if (hasFailed) return false;
    return hasFailed = path.endsWith("/kv/txn");
  });
  const driver = etcdDriver([`127.0.0.1:${gateway.addr.port}`]);
  await using subscriber = await driver.openSubscriber();
  const reader = new FrameReader(subscriber);
  subscriber.registerTopic("D", { since: "start" });
  await reader.has("D|<end>");
  assert.deepEqual(reader.frames, ["D|<start>", "D|0", "D|1", "D|<end>"]);
  assert(hasFailed);
});

Deno.test("etcd bus delivers a gap before the end of the past, when etcd was set back", async () => {
  await using server = await EtcdServer.start();
  await using beside = await WatchFixture.open(server.addresses);
  await beside.put("/pubsub/D", "0");
  const { position = "" } = await firstFrame(server, { since: "start" });
  const ahead = position.replace(/^\d+/, "1000");
  await using subscriber = await etcdDriver(server.addresses).openSubscriber();
  subscriber.registerTopic("D", { since: ahead });
  const frames: string[] = [];
  for await (const batch of subscriber.batches()) {
    frames.push(...batch.map(({ past, gap }) => past?.kind ?? gap ?? "event"));
    if (frames.at(-1) === "end") break;
  }
  assert.deepEqual(frames, ["start", "the database was set back to an earlier state", "end"]);
});

/** The first event of the topic "D". */
async function firstFrame(server: EtcdServer, options: TopicOptions): Promise<Frame> {
  await using subscriber = await etcdDriver(server.addresses).openSubscriber();
  subscriber.registerTopic("D", options);
  for await (const batch of subscriber.batches()) {
    const event = batch.find(({ payload }) => payload.length > 0);
    if (event !== undefined) return event;
  }
  throw new Error("no event");
}

Deno.test("etcd bus can be disposed while it looks back and etcd does not answer", async () => {
  await using server = await EtcdServer.start();
  const driver = etcdDriver(server.addresses, { "df_etcd.request_timeout": "1" });
  const subscriber = await driver.openSubscriber();
  await server.members[0]?.freeze();
  subscriber.registerTopic("D", { last: 2 });
  subscriber.registerTopic("E", { last: 2 });
  subscriber.unregisterTopic("E");
  await subscriber[Symbol.asyncDispose]();
  server.members[0]?.thaw();
});

Deno.test("etcd bus reports that the login may not read a topic, and looks back as soon as it may", async () => {
  await using server = await EtcdServer.start({ flags: ["--bcrypt-cost", "4"] });
  await using beside = await WatchFixture.open(server.addresses);
  for (const text of ["0", "1"]) await beside.put("/pubsub/D", text);
  await enableEtcdLogin(server);
  const login = { "df_etcd.username": "reader", "df_etcd.password": "r" };
  await using subscriber = await etcdDriver(server.addresses, login).openSubscriber();
  const reader = new FrameReader(subscriber);
  subscriber.registerTopic("D", { last: 1 });
  const refusal = {
    code: "TRANSPORT_FAILED",
    message: /cannot subscribe to topic "D".*permission/,
  };
  await assert.rejects(subscriber.ready(), refusal);
  const root = ["--user", "root:s3cret"];
  for (
    const args of [
      ["role", "add", "nodes"],
      ["role", "grant-permission", "nodes", "read", "/pubsub/D"],
      ["user", "grant-role", "reader", "nodes"],
    ]
  ) {
    const { isOk, output } = await server.ctl([...root, ...args]);
    assert(isOk, output);
  }
  await reader.has("D|<end>");
  assert.deepEqual(reader.frames, ["D|<start 1>", "D|1", "D|<end>"]);
});

Deno.test("etcd bus fails to look back while etcd is compacted, and succeeds at the next attempt", async () => {
  await using server = await EtcdServer.start();
  await using beside = await WatchFixture.open(server.addresses);
  for (const text of ["0", "1", "2", "3"]) await beside.put("/pubsub/D", text);
  let isCompacted = false;
  const client = {
    call: beside.client.call.bind(beside.client),
    stream: async (...args: Parameters<EtcdClient["stream"]>) => {
      if (!isCompacted) await beside.client.call("kv/compaction", { revision: "4" }, "write");
      isCompacted = true;
      return await beside.client.stream(...args);
    },
  } as unknown as EtcdClient;
  const options = {
    client,
    key: topicKey("D"),
    beginning: { since: "start", last: 9 },
    sentAt: () => undefined,
    signal: AbortSignal.any([]),
  } as const;
  await assert.rejects(findStart(options), /it was compacted meanwhile/);
  const { past, skip } = await findStart(options);
  assert.deepEqual([past, skip?.revision], [{ frames: 2, keptSince: undefined }, 4]);
});
