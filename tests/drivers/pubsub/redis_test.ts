import { pubSubContract } from "../../contract/pubsub_contract.ts";
import { endAfterTests } from "../../support/end_after_tests.ts";
import {
  LONG_COMMAND_TIMEOUT,
  redisDriver,
  SHORT_OUTPUT_BUFFER,
} from "../../support/redis/drivers.ts";
import { startRedis } from "../../support/redis/server.ts";

const server = await startRedis({ config: SHORT_OUTPUT_BUFFER });
const servers = { addresses: [server.address] };

pubSubContract(
  "redis",
  (overrides) => redisDriver(servers, { ...LONG_COMMAND_TIMEOUT, ...overrides }),
);
endAfterTests(server);
