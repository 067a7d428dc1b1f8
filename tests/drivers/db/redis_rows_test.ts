import assert from "node:assert/strict";
import { openRedisAt } from "../../support/redis/db.ts";
import type { RedisNode } from "../../support/redis/node.ts";
import { startRedis } from "../../support/redis/server.ts";
import { RecordingLogger } from "../../support/fakes/recording_logger.ts";

const ABSENT = { name: "DbKeyNotFound", code: "DB_KEY_NOT_FOUND" };
const UNAVAILABLE = { name: "DbUnavailable", code: "DB_UNAVAILABLE" };
const MEBIBYTE = 1024 * 1024;

async function open(redis: RedisNode, key_schema = "released") {
  const log = new RecordingLogger();
  const db = await openRedisAt({ hosts: [redis.address], options: { key_schema }, log });
  return { db, log, [Symbol.asyncDispose]: () => db[Symbol.asyncDispose]() };
}

function keysOf(redis: RedisNode): Promise<string[]> {
  return redis.cli(["keys", "*"]).then((text) => text.split("\n").filter(Boolean).sort());
}

Deno.test("redis database names rows as every release did, or as HEAD did when configured", async () => {
  await using redis = await startRedis();
  await using released = await open(redis);
  await using head = await open(redis, "head");
  await released.db.create("lport", "p1", "1", { topic: "t1" });
  await released.db.create("publisher", "u1", "1");
  await head.db.create("lport", "p2", "2", { topic: "t1" });
  await head.db.create("publisher", "u2", "2");
  assert.deepEqual(await keysOf(redis), [
    "{lport.t1}.p1",
    "{lport.t1}p2",
    "{publisher.}.u1",
    "{publisher.}u2",
  ]);
});

Deno.test("redis database counts unique keys where HEAD does", async () => {
  await using server = await startRedis();
  await using db = await openRedisAt({ hosts: [server.address] });
  await server.cli(["set", "{unique_key.}lport", "41"]);
  assert.equal(await db.allocateUniqueKey("lport"), 42);
  assert.equal((await server.cli(["get", "{unique_key.}lport"])).trim(), "42");
});

Deno.test("redis database names a new row like the existing rows of its table, when the schema is auto", async () => {
  await using redis = await startRedis();
  await redis.cli(["mset", "{lport.t1}p1", "1", "{lrouter.}.r1", "1", "other", "1"]);
  await using one = await open(redis, "auto");
  await one.db.create("lport", "p2", "2", { topic: "t2" });
  await one.db.create("lrouter", "r2", "2");
  await one.db.create("publisher", "u1", "1");
  await one.db.create("publisher", "u2", "2");
  assert.deepEqual(await keysOf(redis), [
    "other",
    "{lport.t1}p1",
    "{lport.t2}p2",
    "{lrouter.}.r1",
    "{lrouter.}.r2",
    "{publisher.}u1",
    "{publisher.}u2",
  ]);
  await one.db.create("lport", "p1", "3", { topic: "t1" });
  assert.equal(await redis.cli(["get", "{lport.t1}p1"]), "3", "the schema is unchanged");
});

Deno.test("redis database names rows as every release did, when the schema is auto and there are no rows", async () => {
  await using redis = await startRedis();
  await using one = await open(redis, "auto");
  for (const key of ["p1", "p2"]) await one.db.create("lport", key, "1");
  assert.deepEqual(await keysOf(redis), ["{lport.}.p1", "{lport.}.p2"]);
});

Deno.test("redis database names a new row as HEAD does, when its table has rows of both schemas", async () => {
  await using redis = await startRedis();
  await redis.cli(["mset", "{publisher.}.u1", "1", "{publisher.}u2", "2"]);
  await using one = await open(redis, "auto");
  await one.db.create("publisher", "u1", "3");
  assert.deepEqual(await keysOf(redis), ["{publisher.}u1", "{publisher.}u2"]);
});

Deno.test("redis database reads, sets and deletes rows of either schema, whatever its own schema is", async () => {
  await using redis = await startRedis();
  for (const schema of ["released", "head", "auto"]) {
    await using one = await open(redis, schema);
    await redis.cli(["mset", "{lport.t1}.p1", "1", "{lport.t1}p2", "2", "{lport.}p3", "3"]);
    assert.deepEqual(await one.db.keys("lport"), ["p1", "p2", "p3"]);
    assert.deepEqual(await one.db.entries("lport", { topic: "t1" }), [
      { key: "p1", value: "1", topic: "t1" },
      { key: "p2", value: "2", topic: "t1" },
    ]);
    await one.db.set("lport", "p2", "4");
    await one.db.set("lport", "p3", "5", { topic: "" });
    assert.equal(await redis.cli(["get", "{lport.t1}p2"]), "4", "the schema is unchanged");
    assert.equal(await redis.cli(["get", "{lport.}p3"]), "5");
    assert.equal(await one.db.compareAndDelete("lport", "p2", "4"), true);
    for (const key of ["p1", "p3"]) await one.db.delete("lport", key);
    assert.deepEqual(await keysOf(redis), []);
  }
});

Deno.test("redis database create leaves one row, when the key existed in the other schema or topic", async () => {
  await using redis = await startRedis();
  await using one = await open(redis);
  await redis.cli(["mset", "{lport.t1}p1", "old", "{lport.t2}.p1", "older", "{lport.t2}.p2", "2"]);
  await one.db.create("lport", "p1", "new", { topic: "t1" });
  assert.deepEqual(await keysOf(redis), ["{lport.t1}.p1", "{lport.t2}.p2"]);
});

Deno.test("redis database reports a row of several topics once, and uses the row without topic first", async () => {
  await using redis = await startRedis();
  await using one = await open(redis);
  await redis.cli(["mset", "{lport.t2}.p1", "2", "{lport.t1}.p1", "1", "{lport.}.p1", "0"]);
  for (let round = 0; round < 3; round++) {
    assert.deepEqual(await one.db.entries("lport"), [{ key: "p1", value: "0", topic: null }]);
    assert.deepEqual(await one.db.keys("lport"), ["p1"]);
  }
  assert.deepEqual(one.log.messages("warn"), [
    `Redis "redis://${redis.address}": table "lport" has row "p1" 3 times; the first one is used: delete all but one`,
  ]);
  assert.deepEqual(one.log.lines[0]?.fields["names"], [
    "{lport.}.p1",
    "{lport.t1}.p1",
    "{lport.t2}.p1",
  ]);
  await redis.cli(["del", "{lport.}.p1"]);
  assert.equal(await one.db.get("lport", "p1"), "1", "then by topic");
  assert.equal(await one.db.get("lport", "p1", { topic: "t2" }), "2");
  await one.db.delete("lport", "p1");
  assert.deepEqual(await keysOf(redis), [], "delete without topic removes all of them");
});

Deno.test("redis database returns each key once and every unmoved row, while rows move between topics", async () => {
  await using redis = await startRedis();
  await using writer = await open(redis);
  await using reader = await openRedisAt({
    hosts: [redis.address],
    options: { scan_batch: "10" },
  });
  const keys = Array.from({ length: 200 }, (_, n) => `p${1_000 + n}`);
  await Promise.all(keys.map((key) => writer.db.create("lport", key, key, { topic: "t1" })));
  const moving = async () => {
    for (const topic of ["t2", "t0", "t1"]) {
      for (const key of keys.slice(0, 5)) await writer.db.create("lport", key, topic, { topic });
    }
  };
  let isMoving = true;
  const moved = moving().finally(() => isMoving = false);
  while (isMoving) {
    const rows = await reader.entries("lport");
    assert.equal(new Set(rows.map(({ key }) => key)).size, rows.length);
    assert.deepEqual(rows.map(({ key }) => key).filter((key) => key > "p1004"), keys.slice(5));
  }
  await moved;
  assert.equal((await reader.entries("lport")).length, keys.length);
});

Deno.test("redis database omits rows of another type, reports them once and reads the others", async () => {
  await using redis = await startRedis();
  await using one = await open(redis);
  await redis.cli(["rpush", "{lport.}.list", "a"]);
  await redis.cli(["hset", "{lport.t1}.hash", "a", "b"]);
  await redis.cli(["set", "{lport.}.text", "not JSON {"]);
  for (let round = 0; round < 2; round++) {
    const rows = [{ key: "text", value: "not JSON {", topic: null }];
    assert.deepEqual(await one.db.entries("lport"), rows);
    assert.deepEqual(await one.db.keys("lport"), ["text"]);
  }
  const warnings = one.log.messages("warn").sort();
  assert.equal(warnings.length, 2);
  assert.match(warnings[0] ?? "", /table "lport", row "hash" is a hash, wanted a string/);
  assert.match(warnings[1] ?? "", /table "lport", row "list" is a list, wanted a string/);
  await assert.rejects(one.db.get("lport", "list"), {
    ...UNAVAILABLE,
    isOfRow: true,
    message: new RegExp(
      `^Redis "redis://${redis.address}": cannot read row "list" of table "lport": `,
    ),
  });
  await one.db.create("lport", "list", "1");
  assert.equal(await one.db.get("lport", "list"), "1", "create replaces it");
});

Deno.test("redis database omits names and values that are not UTF-8, and reports them once", async () => {
  await using redis = await startRedis();
  await using one = await open(redis);
  await redis.cli(["eval", "redis.call('set', '{lport.}.\\255', 'x')", "0"]);
  await redis.cli(["eval", "redis.call('set', '{lport.}.bad', '\\255')", "0"]);
  // The last name is what a lenient decoder makes of invalid bytes.
  const value = "\ufeffé\ufffd";
  await redis.cli(["set", "{lport.}.good\ufffd", value]);
  for (let round = 0; round < 2; round++) {
    assert.deepEqual(await one.db.entries("lport"), [{ key: "good\ufffd", value, topic: null }]);
  }
  assert.equal(one.log.messages("warn").length, 2);
  await assert.rejects(one.db.get("lport", "bad"), { ...UNAVAILABLE, isOfRow: true });
});

Deno.test("redis database treats no character as a pattern, in table, key or topic", async () => {
  await using redis = await startRedis();
  await using one = await open(redis);
  const odd = [
    "*",
    "?",
    "[a]",
    "[^a]",
    "a",
    "}",
    "{",
    "\\",
    "\\*",
    "a}b",
    "a.b",
    "%2E",
    "%7D",
    "%",
  ];
  for (const text of odd) {
    await one.db.create(text, text, text, { topic: text });
    await one.db.create("lport", text, text, { topic: text });
  }
  for (const text of odd) {
    const row = { key: text, value: text, topic: text };
    assert.equal(await one.db.get(text, text), text);
    assert.equal(await one.db.get("lport", text), text);
    assert.deepEqual(await one.db.entries(text), [row]);
    assert.deepEqual(await one.db.entries("lport", { topic: text }), [row]);
  }
  assert.equal((await one.db.entries("lport")).length, odd.length);
  await one.db.delete("lport", "*");
  await one.db.delete("lport", "[a]");
  assert.equal((await one.db.entries("lport")).length, odd.length - 2);
  await assert.rejects(one.db.get("lport", "*"), ABSENT);
  assert.deepEqual(one.log.messages("warn"), []);
});

Deno.test("redis database reads a table, when some of its rows have 5 MiB", async () => {
  await using redis = await startRedis();
  await using one = await open(redis);
  const big = "x".repeat(5 * MEBIBYTE);
  for (let n = 0; n < 4; n++) await redis.cli(["-x", "set", `{lport.t${n}}.p${n}`], { input: big });
  const rows = await one.db.entries("lport");
  assert.deepEqual(rows.map(({ key, value }) => [key, value.length]), [
    ["p0", big.length],
    ["p1", big.length],
    ["p2", big.length],
    ["p3", big.length],
  ]);
});
