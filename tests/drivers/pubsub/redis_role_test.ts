import assert from "node:assert/strict";
import type { PubSubDriver } from "../../../drivers/contract/pubsub.ts";
import { bytesOf, FrameReader } from "../../support/frame_reader.ts";
import { withoutLeaks } from "../../support/handles.ts";
import { HealthReader } from "../../support/health_reader.ts";
import { redisDriver, redisStreamDriver } from "../../support/redis/drivers.ts";
import { assertClosed, Flow } from "../../support/redis/flow.ts";
import { startPair } from "../../support/redis/pair.ts";
import { startRedis } from "../../support/redis/server.ts";

const BUSES: readonly [string, (addresses: readonly string[]) => PubSubDriver][] = [
  ["channels", (addresses) => redisDriver({ addresses })],
  ["streams", (addresses) => redisStreamDriver({ addresses })],
];

for (const [what, driver] of BUSES) {
  Deno.test(`redis loses nothing silently, when master and replica swap roles without closing connections: ${what}`, async () => {
    await withoutLeaks(async () => {
      await using pair = await startPair();
      await using flow = await Flow.start(driver(pair.addresses));
      await pair.swap();
      await flow.recovered(1);
      assertClosed(`role swap, ${what}`, await flow.sum());
      const clients = await pair.second.cli(["client", "list"]);
      assert.match(clients, /name=df-pubsub-publisher\b/);
      assert.match(clients, /name=df-pubsub-subscriber\b/);
      assert.doesNotMatch(await pair.first.cli(["client", "list"]), /name=df-pubsub/);
    });
  });

  Deno.test(`redis subscriber receives from a new publisher, when roles were swapped while no event was sent: ${what}`, async () => {
    await withoutLeaks(async () => {
      await using pair = await startPair();
      await using subscriber = await driver(pair.addresses).openSubscriber();
      const health = new HealthReader(subscriber.health);
      const reader = new FrameReader(subscriber);
      subscriber.registerTopic("D");
      await subscriber.ready();
      await pair.swap();
      await health.has("disconnected");
      await health.has("live confirmed", 2);
      await using publisher = await driver(pair.addresses).openPublisher();
      await publisher.send("D", bytesOf("1"));
      await reader.has("D|1");
    });
  });

  Deno.test(`redis opens neither end at a replica, and reports that: ${what}`, async () => {
    await using pair = await startPair();
    const alone = driver([pair.second.address]);
    const refusal = { code: "TRANSPORT_FAILED", message: /it is a replica, wanted the master$/ };
    await assert.rejects(alone.openPublisher(), refusal);
    await assert.rejects(alone.openSubscriber(), refusal);
  });
}

Deno.test("redis publisher retries an event, when the wrong server has refused it: streams", async () => {
  await using pair = await startPair();
  const driver = redisStreamDriver({ addresses: pair.addresses }, {
    "df_redis.ping_interval": "60",
  });
  await using publisher = await driver.openPublisher();
  await pair.swap();
  // Only the refusal of this event reveals that the server is a replica.
  await publisher.send("D", bytesOf("1"));
  assert.match(await pair.second.cli(["keys", "*"]), /^\{df-pubsub:\d+\}:D$/);
});

Deno.test("redis publisher distinguishes refused from uncertain events: streams", async () => {
  await using redis = await startRedis();
  await using publisher = await redisStreamDriver({ addresses: [redis.address] }).openPublisher();
  await redis.cli(["config", "set", "maxmemory", "1"]);
  await assert.rejects(publisher.send("D", bytesOf("1")), {
    code: "REFUSED",
    isUncertain: false,
    message: /it refuses writes because its memory is full/,
  });
  redis.signal("SIGSTOP");
  const uncertain = publisher.send("D", bytesOf("2"), { timeoutMs: 200 });
  await assert.rejects(uncertain, { code: "SEND_TIMEOUT", isUncertain: true });
  const cut = assert.rejects(publisher.send("D", bytesOf("3")), {
    code: "TRANSPORT_FAILED",
    isUncertain: true,
  });
  await redis.kill();
  await cut;
  const unsent = publisher.send("D", bytesOf("4"), { timeoutMs: 200 });
  await assert.rejects(unsent, { code: "SEND_TIMEOUT", isUncertain: false });
});
