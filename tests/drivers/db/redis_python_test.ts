import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { linesOf } from "../../support/lines.ts";
import { openRedisAt } from "../../support/redis/db.ts";
import type { RedisNode } from "../../support/redis/node.ts";
import { startRedis } from "../../support/redis/server.ts";

const PYTHON = "/usr/bin/python3";
const SCRIPT = fileURLToPath(new URL("../../support/redis/rows_peer.py", import.meta.url));
const ROW = '{"id": "p1", "name": "pört"}';

type Operation = (...args: readonly string[]) => Promise<unknown>;

/** Runs `test` with a function that runs an operation as the original would, with redis-py. */
async function withOriginal(
  { host, port }: RedisNode,
  schema: string,
  test: (original: Operation) => Promise<void>,
): Promise<void> {
  await using peer = new Deno.Command(PYTHON, {
    args: [SCRIPT, host, String(port)],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const complaints = peer.stderr.text();
  const writer = peer.stdin.getWriter();
  const lines = linesOf(peer.stdout);
  await test(async (...args) => {
    await writer.write(new TextEncoder().encode(`${JSON.stringify([schema, ...args])}\n`));
    const { value } = await lines.next();
    if (value !== undefined) return JSON.parse(value);
    assert.fail(`${await complaints}\nthe peer needs redis-py: apt-get install python3-redis`);
  });
  await writer.close();
  assert.equal((await lines.next()).done, true);
  assert.equal(await complaints, "");
}

for (const schema of ["released", "head"]) {
  Deno.test(`redis database and the original read each other's rows, when both use schema ${schema}`, async () => {
    await using redis = await startRedis();
    const options = { key_schema: schema };
    await using db = await openRedisAt({ hosts: [redis.address], options });
    await withOriginal(redis, schema, async (original) => {
      await db.create("lport", "p1", ROW, { topic: "tenant" });
      await db.create("publisher", "u1", "1");
      assert.equal(await original("get", "lport", "p1", "tenant"), ROW);
      assert.deepEqual(await original("all", "publisher"), { u1: "1" });

      await original("set", "lport", "p2", ROW, "tenant");
      await original("set", "publisher", "u2", "2");
      assert.equal(await db.get("lport", "p2"), ROW);
      assert.deepEqual(await db.entries("publisher"), [
        { key: "u1", value: "1", topic: null },
        { key: "u2", value: "2", topic: null },
      ]);
      assert.deepEqual(await db.keys("lport", { topic: "tenant" }), ["p1", "p2"]);

      await db.set("lport", "p2", "3");
      assert.deepEqual(await original("all", "lport"), { p1: ROW, p2: "3" });
      await original("delete", "lport", "p1", "tenant");
      await db.delete("lport", "p2");
      assert.deepEqual(await original("all", "lport"), {});
      assert.deepEqual(await db.keys("lport"), []);
    });
  });
}
