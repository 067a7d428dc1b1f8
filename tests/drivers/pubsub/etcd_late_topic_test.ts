import assert from "node:assert/strict";
import { etcdDriver } from "../../support/etcd/driver.ts";
import { EtcdServer } from "../../support/etcd/server.ts";
import { bytesOf, FrameReader } from "../../support/frame_reader.ts";
import { HealthReader } from "../../support/health_reader.ts";
import { type Passage, startProxy } from "../../support/tcp_proxy.ts";

for (const isConnected of [false, true]) {
  const when = isConnected ? "just before the connection is lost" : "while there is no connection";
  Deno.test(`etcd bus reports a gap for a topic, when it is registered ${when}`, async () => {
    await using server = await EtcdServer.start();
    let isSilent = false;
    const requests = (): Passage =>
      new TransformStream({
        transform: (bytes, passage) => isSilent ? undefined : passage.enqueue(bytes),
      });
    const [address = ""] = server.addresses;
    await using link = await startProxy(Number(address.split(":")[1]), requests);
    await using publisher = await etcdDriver(server.addresses).openPublisher();
    await using subscriber = await etcdDriver([new URL(link.uri).host]).openSubscriber();
    const health = new HealthReader(subscriber.health);
    const reader = new FrameReader(subscriber);
    subscriber.registerTopic("D");
    await subscriber.ready({ timeoutMs: 10_000 });
    isSilent = isConnected;
    if (isConnected) subscriber.registerTopic("late");
    link.cut();
    await health.has("disconnected");
    if (!isConnected) subscriber.registerTopic("late");
    await publisher.send("late", bytesOf("1"));
    isSilent = false;
    link.mend();
    await subscriber.ready({ timeoutMs: 30_000 });
    await publisher.send("late", bytesOf("2"));
    await reader.has("late|2");
    const gap = isConnected
      ? "the connection was lost before the topic was live"
      : "the topic was subscribed to while there was no connection";
    assert.deepEqual([reader.frames, reader.gaps], [["late|", "late|2"], [`late|${gap}`]]);
  });
}
