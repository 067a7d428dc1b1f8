import { pubSubContract } from "../../contract/pubsub_contract.ts";
import { endAfterTests } from "../../support/end_after_tests.ts";
import { LONG_COMMAND_TIMEOUT, redisStreamDriver } from "../../support/redis/drivers.ts";
import { startRedis } from "../../support/redis/server.ts";

const server = await startRedis();
const servers = { addresses: [server.address] };

pubSubContract(
  "redis stream",
  (overrides) => redisStreamDriver(servers, { ...LONG_COMMAND_TIMEOUT, ...overrides }),
);
endAfterTests(server);
