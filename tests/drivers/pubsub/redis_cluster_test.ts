import { pubSubContract } from "../../contract/pubsub_contract.ts";
import { endAfterTests, redisDriver } from "../../support/redis_drivers.ts";
import { startCluster } from "../../support/redis_cluster.ts";

const cluster = await startCluster();

pubSubContract("redis cluster", (overrides) => redisDriver(cluster, overrides));
pubSubContract(
  "redis cluster, sharded",
  (overrides) => redisDriver(cluster, { ...overrides, "df_redis.sharded": "true" }),
);
endAfterTests(cluster);
