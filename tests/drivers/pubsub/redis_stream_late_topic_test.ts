import assert from "node:assert/strict";
import { bytesOf, FrameReader } from "../../support/frame_reader.ts";
import { withoutLeaks } from "../../support/handles.ts";
import { HealthReader } from "../../support/health_reader.ts";
import { redisStreamDriver } from "../../support/redis/drivers.ts";
import { startRedis } from "../../support/redis/server.ts";
import { type Passage, startProxy } from "../../support/tcp_proxy.ts";

for (const isConnected of [false, true]) {
  const when = isConnected ? "just before the connection is lost" : "while there is no connection";
  Deno.test(`redis streams report a gap for a topic, when it is registered ${when}`, async () => {
    await withoutLeaks(async () => {
      await using server = await startRedis();
      let isSilent = false;
      const requests = (): Passage =>
        new TransformStream({
          transform: (bytes, passage) => isSilent ? undefined : passage.enqueue(bytes),
        });
      await using link = await startProxy(server.port, requests);
      await using publisher = await redisStreamDriver({ addresses: [server.address] })
        .openPublisher();
      const driver = redisStreamDriver({ addresses: [new URL(link.uri).host] });
      await using subscriber = await driver.openSubscriber();
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
  });
}
