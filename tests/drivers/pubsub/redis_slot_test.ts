import assert from "node:assert/strict";
import { createRedisDriver } from "../../../drivers/pubsub/redis.ts";
import { SendGroup } from "../../../drivers/contract/send_group.ts";
import { streamKey } from "../../../drivers/_internal/redis/stream/topic.ts";
import { bytesOf } from "../../support/frame_reader.ts";
import { withoutLeaks } from "../../support/handles.ts";
import { RecordingLogger } from "../../support/fakes/recording_logger.ts";
import { startCluster } from "../../support/redis/cluster.ts";
import { redisContext, redisStreamDriver } from "../../support/redis/drivers.ts";
import { assertClosed, Flow } from "../../support/redis/flow.ts";

Deno.test("redis streams accept every event, when the slot of the topic is being moved", async () => {
  await withoutLeaks(async () => {
    await using cluster = await startCluster({ replicas: 0 });
    const driver = redisStreamDriver(cluster);
    await using publisher = await driver.openPublisher();
    const slot = await cluster.slotOf(streamKey("D"));
    const from = await cluster.nodeFor(slot);
    const to = (await cluster.masters()).find((master) => master !== from);
    assert(to !== undefined);
    const move = await cluster.slotMove(slot, to);
    await move.begin();
    // The old server has no such stream: it redirects each event to the new one.
    const sending = Array.from({ length: 50 }, (_, n) => publisher.send("D", bytesOf(`${n}`)));
    await Promise.all(sending);
    await move.finish();
    const stream = await to.cli(["xrange", streamKey("D"), "-", "+"]);
    const values = stream.split("\n").filter((_, at) => at % 3 === 2);
    assert.deepEqual(values, Array.from({ length: 50 }, (_, n) => `${n}`), "in order");
  });
});

Deno.test("redis streams accept every frame of a group, when the slot of the topic has moved", async () => {
  await withoutLeaks(async () => {
    await using cluster = await startCluster({ replicas: 0 });
    const driver = redisStreamDriver(cluster);
    await using publisher = await driver.openPublisher();
    const slot = await cluster.slotOf(streamKey("D"));
    const from = await cluster.nodeFor(slot);
    const to = (await cluster.masters()).find((master) => master !== from);
    assert(to !== undefined);
    const move = await cluster.slotMove(slot, to);
    await move.begin();
    await move.finish();
    const group = new SendGroup();
    // The publisher does not know of the move: the old server replies to each with MOVED.
    for (let n = 0; n < 50; n++) assert(publisher.trySendIn?.(group, "D", bytesOf(`${n}`)));
    await group.settled();
    assert.deepEqual(group.failures, []);
    const stream = await to.cli(["xrange", streamKey("D"), "-", "+"]);
    const values = stream.split("\n").filter((_, at) => at % 3 === 2);
    assert.deepEqual(values, Array.from({ length: 50 }, (_, n) => `${n}`), "in order");
  });
});

Deno.test("redis streams lose and repeat nothing, when the slot of their topic moves under load", async () => {
  await withoutLeaks(async () => {
    await using cluster = await startCluster({ replicas: 0 });
    await using flow = await Flow.start(redisStreamDriver(cluster));
    const slot = await cluster.slotOf(streamKey("D"));
    const from = await cluster.nodeFor(slot);
    const to = (await cluster.masters()).find((master) => master !== from);
    assert(to !== undefined);
    const move = await cluster.slotMove(slot, to);
    await move.begin();
    while (await move.migrate() > 0);
    await flow.publishing();
    await move.finish();
    await flow.recovered(1);
    const sum = await flow.sum();
    assertClosed("stream, slot moves", sum);
    assert.deepEqual([sum.failed, sum.twice], [0, 0]);
  });
});

Deno.test("redis subscribes without an error, when the slot of a sharded channel has moved", async () => {
  await withoutLeaks(async () => {
    await using cluster = await startCluster({ replicas: 0 });
    const { settings } = redisContext(cluster, { "df_redis.sharded": "true" });
    const log = new RecordingLogger();
    await using subscriber = await createRedisDriver({ settings, log }).openSubscriber();
    const slot = await cluster.slotOf("D");
    const from = await cluster.nodeFor(slot);
    const to = (await cluster.masters()).find((master) => master !== from);
    assert(to !== undefined);
    await (await cluster.slotMove(slot, to)).run();
    subscriber.registerTopic("D");
    await subscriber.ready();
    assert.deepEqual(log.lines, []);
  });
});
