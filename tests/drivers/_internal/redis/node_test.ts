import assert from "node:assert/strict";
import { Redis } from "ioredis";
import { nextTurn } from "../../../../drivers/contract/next_turn.ts";
import { OWN, RedisNode } from "../../../../drivers/_internal/redis/node.ts";
import { checkAnswers } from "../../../../drivers/_internal/redis/role.ts";
import { startRedis } from "../../../support/redis/server.ts";

for (const how of ["disposed", "lost"]) {
  Deno.test(`RedisNode counts as lost, only when the server has gone: ${how}`, async () => {
    await using server = await startRedis();
    const redis = new Redis({ ...OWN, port: server.port, protocol: 2, lazyConnect: true });
    await redis.connect();
    const node = new RedisNode(redis, { pingMs: 0, check: checkAnswers });
    const reasons: string[] = [];
    void node.lost.then((reason) => reasons.push(reason));
    if (how === "lost") await server.kill();
    else await node[Symbol.asyncDispose]();
    await node.over;
    node.fail("a failure that occurs afterwards");
    await nextTurn();
    assert.deepEqual(reasons, how === "lost" ? ["the server closed the connection"] : []);
  });
}

Deno.test("RedisNode says that no answer came in time, when the server is silent", async () => {
  await using server = await startRedis();
  const options = { ...OWN, port: server.port, protocol: 2, lazyConnect: true } as const;
  const redis = new Redis({ ...options, socketTimeout: 100 });
  await redis.connect();
  await using node = new RedisNode(redis, { pingMs: 0, check: checkAnswers });
  server.signal("SIGSTOP");
  redis.ping().catch(() => {});
  assert.equal(await node.lost, "no answer before the timeout");
});
