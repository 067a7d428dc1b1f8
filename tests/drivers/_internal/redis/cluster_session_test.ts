import assert from "node:assert/strict";
import { dialRedis } from "../../../../drivers/_internal/redis/connect.ts";
import { readRedisSettings } from "../../../../drivers/_internal/redis/settings.ts";
import { startCluster } from "../../../support/redis/cluster.ts";
import { redisSettings } from "../../../support/redis/db.ts";
import { poll } from "../../../support/redis/poll.ts";

Deno.test("RedisClusterSession does not blame a server that is back for a later loss", async () => {
  await using cluster = await startCluster();
  const settings = await readRedisSettings(redisSettings(cluster.addresses));
  await using session = await dialRedis(settings, { name: "test", code: "DB_UNAVAILABLE" });
  const lossText = () => session.failure("read", new Error("Connection is closed.")).message;
  const killed = await cluster.killMasterOf("a");
  const blame = new RegExp(`not connected: ${killed.address}: `);
  await poll("the loss is explained", async () => {
    await session.client.get("a").catch(() => {});
    return blame.test(lossText()) || undefined;
  });
  await killed.restart();
  await cluster.settled();
  await poll("the explanation is forgotten", async () => {
    await session.refresh();
    return !blame.test(lossText()) || undefined;
  });
  assert.equal(await session.client.get("a"), null);
});
