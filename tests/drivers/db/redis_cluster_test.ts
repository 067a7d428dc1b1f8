import { dbContract } from "../../contract/db_contract.ts";
import { startCluster } from "../../support/redis/cluster.ts";
import { redisFixture } from "../../support/redis/db.ts";
import { endAfterTests } from "../../support/end_after_tests.ts";

const cluster = await startCluster({ replicas: 0 });

dbContract("redis database in a cluster", async () => {
  for (const master of await cluster.masters()) await master.cli(["flushall"]);
  return await redisFixture({ hosts: cluster.addresses });
});

endAfterTests(cluster);
