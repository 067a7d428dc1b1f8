import assert from "node:assert/strict";
import type { NbDbDriver } from "../../../drivers/contract/db.ts";
import { withoutLeaks } from "../../support/handles.ts";
import { openRedisAt } from "../../support/redis/db.ts";
import { freeze } from "../../support/redis/faults.ts";
import { poll } from "../../support/redis/poll.ts";
import { startSentinels } from "../../support/redis/sentinels.ts";
import { startRedis } from "../../support/redis/server.ts";
import { RecordingLogger } from "../../support/fakes/recording_logger.ts";

const SHORT = { command_timeout: "0.5", connect_timeout: "2" };

/** The errors of a database that is down. They never report that a row is missing. */
function unavailable(host: string, reason: RegExp) {
  return (thrown: unknown): true => {
    assert(thrown instanceof Error);
    assert.equal(thrown.name, "DbUnavailable", thrown.message);
    assert(thrown.message.includes(host), thrown.message);
    assert.match(thrown.message, reason);
    return true;
  };
}

/** The result of each method of a database, or its error. */
function everyMethod(db: NbDbDriver): Promise<unknown>[] {
  return [
    db.get("lport", "p1"),
    db.get("lport", "absent"),
    db.set("lport", "p1", "2"),
    db.set("lport", "absent", "2", { topic: "t1" }),
    db.create("lport", "p2", "2"),
    db.delete("lport", "absent"),
    db.compareAndDelete("lport", "p1", "1"),
    db.keys("lport"),
    db.entries("lport"),
  ];
}

Deno.test("openRedisDb rejects in time with every host, when no host is reachable", async () => {
  const hosts = ["127.0.0.1:1", "127.0.0.1:2"];
  const reason = /127\.0\.0\.1:1: connection refused; 127\.0\.0\.1:2: connection refused$/;
  await withoutLeaks(() =>
    assert.rejects(openRedisAt({ hosts, options: SHORT }), unavailable("127.0.0.1:1,", reason))
  );
});

Deno.test("openRedisDb rejects within the connect timeout, when the server sends nothing", async () => {
  await using redis = await startRedis();
  using _frozen = await freeze(redis, 60_000);
  const begun = performance.now();
  await withoutLeaks(() =>
    assert.rejects(
      openRedisAt({ hosts: [redis.address], options: { connect_timeout: "0.3" } }),
      unavailable(redis.address, /no answer before the timeout$/),
    )
  );
  assert(performance.now() - begun < 4_500, "bounded by the default, 5 s");
});

Deno.test("openRedisDb uses the first server that responds, when others are down", async () => {
  await using redis = await startRedis();
  await using db = await openRedisAt({ hosts: ["127.0.0.1:1", redis.address], options: SHORT });
  await db.create("lport", "p1", "1");
  assert.equal(await db.get("lport", "p1"), "1");
});

Deno.test("openRedisDb rejects and names the master, when the sentinels do not know it", async () => {
  await using group = await startSentinels();
  const sentinels = group.sentinels.join(",");
  const opening = openRedisAt({ options: { ...SHORT, sentinels, sentinel_master_name: "other" } });
  const reason = /this sentinel does not know master "other": see sentinel_master_name/;
  await assert.rejects(opening, unavailable(group.sentinels[0] ?? "", reason));
});

Deno.test("redis database is unavailable within the command timeout and recovers, when the server is stopped", async () => {
  await using redis = await startRedis();
  const log = new RecordingLogger();
  await using db = await openRedisAt({ hosts: [redis.address], options: SHORT, log });
  await db.create("lport", "p1", "1");
  using frozen = await freeze(redis, 60_000);
  const begun = performance.now();
  const down = unavailable(redis.address, /no answer before the timeout|not connected/);
  const reads = [db.get("lport", "p1"), db.get("lport", "absent"), db.entries("lport")];
  await Promise.all(reads.map((answer) => assert.rejects(answer, down)));
  assert(performance.now() - begun < 4_500, "bounded by the default, 5 s");
  await Promise.all(everyMethod(db).map((answer) => assert.rejects(answer, down)));
  frozen.thaw();
  await poll("the row exists again", () => db.get("lport", "p1"));
  assert.equal(await db.get("lport", "p1"), "1", "no failed command was sent later");
  await assert.rejects(db.get("lport", "p2"), { name: "DbKeyNotFound" });
  assert.deepEqual(log.lines.map(({ level }) => level), ["warn", "info"], "one line per change");
});

Deno.test("redis database says that a write may have been carried out, when the server stops answering", async () => {
  await using redis = await startRedis();
  await using db = await openRedisAt({ hosts: [redis.address], options: SHORT });
  await db.create("lport", "p1", "1");
  using frozen = await freeze(redis, 60_000);
  const isUncertain = true;
  const message = /no answer before the timeout; the write may have been carried out/;
  await assert.rejects(db.set("lport", "p1", "2"), { name: "DbUnavailable", isUncertain, message });
  frozen.thaw();
  await poll("it responds again", () => db.keys("lport"));
  await assert.rejects(db.set("lport", "p1", "x".repeat(10), { topic: "t" }), {
    name: "DbKeyNotFound",
    isUncertain: false,
  });
});

Deno.test("redis database is unavailable and recovers, when the server is killed and restarted", async () => {
  await using redis = await startRedis();
  await withoutLeaks(async () => {
    await using db = await openRedisAt({ hosts: [redis.address], options: SHORT });
    await db.create("lport", "p1", "1");
    await redis.kill();
    const down = unavailable(redis.address, /not connected/);
    await assert.rejects(db.get("lport", "p1"), down);
    for (const answer of everyMethod(db)) await assert.rejects(answer, down);
    await redis.restart();
    await poll("it responds again", () => db.keys("lport"));
    await db.create("lport", "p1", "2");
    assert.equal(await db.get("lport", "p1"), "2");
  });
});

Deno.test("redis database leaves nothing open, when it is disposed while the server is down", async () => {
  await using redis = await startRedis();
  await withoutLeaks(async () => {
    await using db = await openRedisAt({ hosts: [redis.address], options: SHORT });
    await redis.kill();
    await assert.rejects(db.get("lport", "p1"), unavailable(redis.address, /not connected/));
  });
});

Deno.test("redis database never reports a row as missing and recovers, when the master is killed under Sentinel", async () => {
  await using group = await startSentinels();
  const options = { ...SHORT, sentinels: group.sentinels.join(",") };
  await using db = await openRedisAt({ options });
  await db.create("publisher", "p1", "0");
  // A replica receives no writes before its first acknowledgement, and a row without a replica
  // would be lost.
  const replica = await group.replica();
  await poll(
    "the replica has the row",
    async () => await replica.cli(["get", "{publisher.}.p1"]) === "0" || undefined,
  );
  let isOver = false;
  const outcomes = { written: 0, unavailable: 0 };
  const writing = (async () => {
    for (let n = 1; !isOver; n++) {
      await db.set("publisher", "p1", String(n)).then(() => outcomes.written++, (thrown) => {
        unavailable(group.sentinels[0] ?? "", /./)(thrown);
        outcomes.unavailable++;
      });
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  })();
  await poll("rows are written", () => Promise.resolve(outcomes.written > 50 || undefined));
  await group.failover();
  const before = outcomes.written;
  await poll(
    "rows are written again",
    () => Promise.resolve(outcomes.written > before + 50 || undefined),
  );
  isOver = true;
  await writing;
  console.log(`failover under Sentinel: ${JSON.stringify(outcomes)}`);
  assert(outcomes.unavailable > 0);
  await db.set("publisher", "p1", "last");
  assert.equal(await (await group.master()).cli(["get", "{publisher.}.p1"]), "last");
});

Deno.test("redis database leaves nothing open, when it is disposed while master and sentinels are down", async () => {
  await using group = await startSentinels();
  await withoutLeaks(async () => {
    const options = { ...SHORT, sentinels: group.sentinels.join(",") };
    await using db = await openRedisAt({ options });
    for (const node of [...group.sentinelNodes, ...group.servers]) await node.kill();
    const down = unavailable(group.sentinels[0] ?? "", /not connected/);
    for (let round = 0; round < 3; round++) await assert.rejects(db.get("lport", "p1"), down);
  });
});
