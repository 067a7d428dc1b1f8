import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { openRedisAt } from "../../support/redis_db.ts";
import type { RedisNode } from "../../support/redis_node.ts";
import { startRedis } from "../../support/redis_server.ts";

const PYTHON = "/usr/bin/python3";
const SCRIPT = fileURLToPath(new URL("../../support/redis_rows_peer.py", import.meta.url));
const ROW = '{"id": "p1", "name": "pört"}';

/** Runs one operation as the original would, with redis-py. */
async function original(
  redis: RedisNode,
  schema: string,
  args: readonly string[],
): Promise<unknown> {
  const { code, stdout, stderr } = await new Deno.Command(PYTHON, {
    args: [SCRIPT, redis.host, String(redis.port), schema, ...args],
  }).output();
  const decoder = new TextDecoder();
  const install = "apt-get install python3-redis";
  assert.equal(code, 0, `${decoder.decode(stderr)}\nthe peer needs redis-py: ${install}`);
  return JSON.parse(decoder.decode(stdout));
}

for (const schema of ["released", "head"]) {
  Deno.test(`redis database and the original read each other's rows, when both use schema ${schema}`, async () => {
    await using redis = await startRedis();
    const options = { key_schema: schema };
    await using db = await openRedisAt({ hosts: [redis.address], options });
    await db.create("lport", "p1", ROW, { topic: "tenant" });
    await db.create("publisher", "u1", "1");
    assert.equal(await original(redis, schema, ["get", "lport", "p1", "tenant"]), ROW);
    assert.deepEqual(await original(redis, schema, ["all", "publisher"]), { u1: "1" });

    await original(redis, schema, ["set", "lport", "p2", ROW, "tenant"]);
    await original(redis, schema, ["set", "publisher", "u2", "2"]);
    assert.equal(await db.get("lport", "p2"), ROW);
    assert.deepEqual(await db.entries("publisher"), [
      { key: "u1", value: "1", topic: null },
      { key: "u2", value: "2", topic: null },
    ]);
    assert.deepEqual(await db.keys("lport", { topic: "tenant" }), ["p1", "p2"]);

    await db.set("lport", "p2", "3");
    assert.deepEqual(await original(redis, schema, ["all", "lport"]), { p1: ROW, p2: "3" });
    await original(redis, schema, ["delete", "lport", "p1", "tenant"]);
    await db.delete("lport", "p2");
    assert.deepEqual(await original(redis, schema, ["all", "lport"]), {});
    assert.deepEqual(await db.keys("lport"), []);
  });
}
