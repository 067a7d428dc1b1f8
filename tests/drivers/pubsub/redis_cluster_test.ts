import { pubSubContract } from "../../contract/pubsub_contract.ts";
import { startCluster } from "../../support/redis_cluster.ts";
import { ClusterDrain } from "../../support/redis_drain.ts";
import { endAfterTests } from "../../support/end_after_tests.ts";
import { LONG_COMMAND_TIMEOUT, redisDriver } from "../../support/redis_drivers.ts";

const servers = new AsyncDisposableStack();
const cluster = servers.use(await startCluster());
const drain = servers.use(await ClusterDrain.open(cluster));

// A master confirms an event before the others, where subscribers may be, have it.
const onItsWay = "what one master has confirmed may be on its way to another";

pubSubContract(
  "redis cluster",
  (overrides) => drain.isolated(redisDriver(cluster, { ...LONG_COMMAND_TIMEOUT, ...overrides })),
  {
    "hands out what had arrived, when stopped": onItsWay,
    "says that it is not drained, when nobody reads": onItsWay,
  },
);
pubSubContract(
  "redis cluster, sharded",
  (overrides) =>
    redisDriver(cluster, { ...LONG_COMMAND_TIMEOUT, ...overrides, "df_redis.sharded": "true" }),
);
endAfterTests(servers);
