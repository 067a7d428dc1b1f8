import assert from "node:assert/strict";
import { withoutLeaks } from "../../../support/handles.ts";
import { openRedisAt } from "../../../support/redis/db.ts";
import { redisDriver } from "../../../support/redis/drivers.ts";
import { poll } from "../../../support/redis/poll.ts";
import { startSentinels } from "../../../support/redis/sentinels.ts";
import { startRedis } from "../../../support/redis/server.ts";

const WORKER = { username: "worker", password: "secret" };
const RIGHTS = ["on", ">secret", "~*", "&*", "+@all"];

Deno.test("probeRedis rejects with the option and the server's words, when the server lacks the database", async () => {
  await using redis = await startRedis();
  const { address } = redis;
  const why = "cannot select database 99: ERR DB index is out of range: see option db";
  await withoutLeaks(async () => {
    await assert.rejects(openRedisAt({ hosts: [address], options: { db: "99" } }), {
      code: "DB_UNAVAILABLE",
      message: `Redis "redis://${address}": cannot connect: ${address}: ${why}`,
    });
    const bus = redisDriver({ addresses: [address] }, { "df_redis.db": "99" });
    await assert.rejects(bus.openPublisher(), { code: "TRANSPORT_FAILED", message: /database 99/ });
  });
});

Deno.test("probeRedis rejects, when the master of sentinels lacks the database", async () => {
  await using group = await startSentinels();
  const options = { sentinels: group.sentinels.join(","), db: "99" };
  await assert.rejects(openRedisAt({ options }), /cannot select database 99: .*: see option db$/);
});

Deno.test("redis database writes no row to database 0, when its user loses the permission to select", async () => {
  await using redis = await startRedis();
  await redis.cli(["acl", "setuser", "worker", ...RIGHTS]);
  await using db = await openRedisAt({ hosts: [redis.address], options: { ...WORKER, db: "3" } });
  await db.create("lport", "p1", "1");
  await redis.cli(["acl", "setuser", "worker", "-select"]);
  await redis.cli(["client", "kill", "user", "worker"]);
  await poll("the refusal is reported", async () => {
    const thrown: unknown = await db.set("lport", "p1", "2").catch((error) => error);
    const why = /database 3: user "worker" has no permission for command "select": see option db/;
    return why.test(String(thrown)) || undefined;
  });
  assert.equal(await redis.cli(["dbsize"]), "0");
  await redis.cli(["acl", "setuser", "worker", "+select"]);
  await poll("the row is there again", () => db.get("lport", "p1"));
});

Deno.test("probeRedis names the options of the sentinels' login, when only they require one", async () => {
  await using group = await startSentinels();
  const asLogin = ["acl", "setuser", "default", "resetpass", ">secret"];
  await Promise.all(group.sentinelNodes.map((sentinel) => sentinel.cli(asLogin)));
  const options = { sentinels: group.sentinels.join(",") };
  await assert.rejects(
    openRedisAt({ options }),
    /a login is required: set sentinel_password_file and, .* default, sentinel_username/,
  );
  await using _db = await openRedisAt({ options: { ...options, sentinel_password: "secret" } });
});
