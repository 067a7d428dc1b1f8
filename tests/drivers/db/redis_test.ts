import { dbContract } from "../../contract/db_contract.ts";
import { endAfterTests } from "../../support/end_after_tests.ts";
import { redisFixture } from "../../support/redis/db.ts";
import { startRedis } from "../../support/redis/server.ts";

const server = await startRedis();
const schemas = ["auto", "released", "head"] as const;

for (const schema of schemas) {
  dbContract(`redis database of schema ${schema}`, async () => {
    await server.cli(["flushall"]);
    return await redisFixture({ hosts: [server.address], options: { key_schema: schema } });
  });
}

endAfterTests(server);
