import { dbContract } from "../../contract/db_contract.ts";
import { redisFixture } from "../../support/redis/db.ts";
import { endAfterTests } from "../../support/end_after_tests.ts";
import { startSentinels } from "../../support/redis/sentinels.ts";

const group = await startSentinels();

dbContract("redis database behind sentinels", async () => {
  await (await group.master()).cli(["flushall"]);
  return await redisFixture({ options: { sentinels: group.sentinels.join(",") } });
});

endAfterTests(group);
