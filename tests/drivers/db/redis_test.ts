import { dbContract } from "../../contract/db_contract.ts";
import { redisFixture } from "../../support/redis_db.ts";
import { startRedis } from "../../support/redis_server.ts";

const schemas = ["auto", "released", "head"] as const;

for (const schema of schemas) {
  dbContract(`redis database of schema ${schema}`, async () => {
    const resources = new AsyncDisposableStack();
    const server = resources.use(await startRedis());
    const where = { hosts: [server.address], options: { key_schema: schema } };
    const { db, another } = resources.use(await redisFixture(where));
    return { db, another, [Symbol.asyncDispose]: () => resources.disposeAsync() };
  });
}
