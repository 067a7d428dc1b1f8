import assert from "node:assert/strict";
import { RedisRoutes } from "../../../../../drivers/_internal/redis/pubsub/routes.ts";
import { startCluster } from "../../../../support/redis/cluster.ts";
import { redisContext } from "../../../../support/redis/drivers.ts";
import { poll } from "../../../../support/redis/poll.ts";

Deno.test("RedisRoutes names the server of a cluster that is lost, or that refuses connections", async () => {
  await using cluster = await startCluster({
    replicas: 0,
    config: ["cluster-require-full-coverage no"],
  });
  const context = redisContext(cluster);
  const purpose = { name: "test", isSpread: true };
  await using routes = await RedisRoutes.open(context, purpose);
  const { address } = await cluster.killMasterOf("a");
  assert.equal(await routes.lost, `${address}: the server closed the connection`);
  const refused = new RegExp(`cannot connect: .*${address}: connection refused$`);
  await poll("the refusal is explained", async () => {
    const opened = await RedisRoutes.open(context, purpose).catch(String);
    return refused.test(String(opened)) || undefined;
  });
});
