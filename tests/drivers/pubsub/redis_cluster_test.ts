import { pubSubContract } from "../../contract/pubsub_contract.ts";
import { endAfterTests, redisDriver } from "../../support/redis_drivers.ts";
import { startCluster } from "../../support/redis_cluster.ts";

const cluster = await startCluster();

// A master confirms an event before the others, where subscribers may be, have it.
const onItsWay = "what one master has confirmed may be on its way to another";

pubSubContract("redis cluster", (overrides) => redisDriver(cluster, overrides), {
  "hands out what had arrived, when stopped": onItsWay,
  "says that it is not drained, when nobody reads": onItsWay,
});
pubSubContract(
  "redis cluster, sharded",
  (overrides) => redisDriver(cluster, { ...overrides, "df_redis.sharded": "true" }),
);
endAfterTests(cluster);
