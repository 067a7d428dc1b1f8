import assert from "node:assert/strict";
import { NODES_KEY } from "../../../drivers/_internal/redis/stream/applied_record.ts";
import { streamKey } from "../../../drivers/_internal/redis/stream/topic.ts";
import { bytesOf, FrameReader } from "../../support/frame_reader.ts";
import { eventually } from "../../support/eventually.ts";
import { withoutLeaks } from "../../support/handles.ts";
import { type RedisCluster, startCluster } from "../../support/redis/cluster.ts";
import { redisDriver, redisStreamDriver } from "../../support/redis/drivers.ts";
import { assertClosed, Flow } from "../../support/redis/flow.ts";
import type { RedisNode } from "../../support/redis/node.ts";
import { startSentinels } from "../../support/redis/sentinels.ts";

/** The server to which our subscriber is connected. */
async function heardAt(cluster: RedisCluster): Promise<RedisNode> {
  for (const node of cluster.nodes) {
    const clients = await node.cli(["client", "list", "type", "pubsub"]);
    if (clients.includes("name=df-pubsub-subscriber")) return node;
  }
  return assert.fail("no server has a subscriber");
}

Deno.test("redis reports one interruption, when the master under sentinels is killed", async () => {
  await withoutLeaks(async () => {
    await using group = await startSentinels();
    await using flow = await Flow.start(redisDriver(group));
    await group.failover();
    await flow.recovered(1);
    const sum = await flow.sum();
    assertClosed("kill -9 under sentinels", sum);
    assert.deepEqual([sum.disconnected, sum.live], [1, 2]);
  });
});

Deno.test("redis streams report one gap at most, when the master under sentinels is killed", async () => {
  await withoutLeaks(async () => {
    await using group = await startSentinels();
    await using flow = await Flow.start(redisStreamDriver(group));
    await group.failover();
    await flow.recovered(1);
    const sum = await flow.sum();
    assertClosed("stream, kill -9 under sentinels", sum);
    assert.deepEqual([sum.disconnected, sum.live, sum.gaps], [1, 2, 1]);
  });
});

for (const sharded of ["false", "true"]) {
  const which = sharded === "true" ? "sharded" : "ordinary";
  Deno.test(`redis reports one interruption, when its master in a cluster is killed: ${which}`, async () => {
    await withoutLeaks(async () => {
      await using cluster = await startCluster();
      await using flow = await Flow.start(redisDriver(cluster, { "df_redis.sharded": sharded }));
      const master = sharded === "true" ? await cluster.nodeFor("D") : await heardAt(cluster);
      await master.kill();
      await cluster.settled();
      await flow.recovered(1);
      const sum = await flow.sum();
      assertClosed(`kill -9 in a cluster, ${which}`, sum);
      if (sharded === "false") assert.deepEqual([sum.disconnected, sum.live], [1, 2]);
    });
  });
}

Deno.test("redis streams report one gap at most, when their master in a cluster is killed", async () => {
  await withoutLeaks(async () => {
    await using cluster = await startCluster();
    await using flow = await Flow.start(redisStreamDriver(cluster));
    await cluster.killMasterOf(streamKey("D"));
    await cluster.settled();
    await flow.recovered(1);
    const sum = await flow.sum();
    assertClosed("stream, kill -9 in a cluster", sum);
    assert(sum.gaps >= 1);
  });
});

/** A topic whose stream is on another server than a key. */
async function topicBeside(cluster: RedisCluster, key: string): Promise<string> {
  const avoided = await cluster.nodeFor(key);
  for (let number = 0;; number++) {
    const topic = `topic ${number}`;
    if (await cluster.nodeFor(streamKey(topic)) !== avoided) return topic;
  }
}

Deno.test("redis streams know what subscribers have applied, when the master of the reports hands over", async () => {
  await withoutLeaks(async () => {
    await using cluster = await startCluster();
    const topic = await topicBeside(cluster, NODES_KEY);
    const driver = redisStreamDriver(cluster);
    await using subscriber = await driver.openSubscriber();
    const reader = new FrameReader(subscriber);
    subscriber.registerTopic(topic);
    await subscriber.ready();
    await using publisher = await driver.openPublisher();
    await publisher.send(topic, bytesOf("1"));
    await reader.has(`${topic}|1`);
    await cluster.handOver(NODES_KEY);
    subscriber.markApplied?.(1);
    const behind = async () => {
      const reported = await publisher.applied?.reported?.().catch(() => undefined);
      return reported?.peers.map((peer) => peer.applied()?.behind);
    };
    await eventually(behind, (events) => events?.[0] === 0);
  });
});
