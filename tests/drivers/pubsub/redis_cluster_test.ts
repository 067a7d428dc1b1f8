import { pubSubContract } from "../../contract/pubsub_contract.ts";
import { startCluster } from "../../support/redis/cluster.ts";
import { ClusterDrain } from "../../support/redis/drain.ts";
import { endAfterTests } from "../../support/end_after_tests.ts";
import {
  LONG_COMMAND_TIMEOUT,
  redisDriver,
  SHORT_OUTPUT_BUFFER,
} from "../../support/redis/drivers.ts";

const servers = new AsyncDisposableStack();
const cluster = servers.use(await startCluster({ replicas: 0, config: SHORT_OUTPUT_BUFFER }));
const drain = servers.use(await ClusterDrain.open(cluster));

// A master confirms an event before the other masters, to which subscribers may be connected, have
// it.
const inFlight = "an event that one master has confirmed may be in flight to another";

pubSubContract(
  "redis cluster",
  (overrides) => drain.isolated(redisDriver(cluster, { ...LONG_COMMAND_TIMEOUT, ...overrides })),
  {
    "delivers the frames that had arrived, when stopped": inFlight,
    "reports that it is not drained, when nothing reads": inFlight,
  },
);
pubSubContract(
  "redis cluster, sharded",
  (overrides) =>
    redisDriver(cluster, { ...LONG_COMMAND_TIMEOUT, ...overrides, "df_redis.sharded": "true" }),
  {
    "delivers every topic, also of one that begins later, when all are registered":
      "sharded channels have no patterns",
  },
);
endAfterTests(servers);
