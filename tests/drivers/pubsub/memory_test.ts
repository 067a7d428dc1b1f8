import { silentLogger } from "../../../drivers/contract/logger.ts";
import { createMemoryDriver } from "../../../drivers/pubsub/memory.ts";
import { pubSubContract } from "../../contract/pubsub_contract.ts";
import { testSettings } from "../../support/test_settings.ts";

pubSubContract(
  "memory",
  (overrides) => createMemoryDriver({ settings: testSettings(overrides), log: silentLogger }),
);
