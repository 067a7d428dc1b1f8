import assert from "node:assert/strict";
import type { NbDbDriver } from "../../../drivers/contract/db.ts";
import { withoutLeaks } from "../../support/handles.ts";
import { RecordingLogger } from "../../support/fakes/recording_logger.ts";
import { openRedisAt } from "../../support/redis/db.ts";
import { follow, startPair } from "../../support/redis/pair.ts";
import { poll } from "../../support/redis/poll.ts";
import { startRedis } from "../../support/redis/server.ts";
import { startSentinels } from "../../support/redis/sentinels.ts";

const SHORT = { command_timeout: "1", connect_timeout: "3", ping_interval: "0.2" };

/** Writes a row, and retries until that succeeds. */
async function written(db: NbDbDriver, key: string): Promise<void> {
  await poll(`row ${key} is written`, async () => {
    await db.create("lport", key, "1");
    return true;
  });
}

Deno.test("redis database moves to the new master, when master and replica swap roles without closing connections", async () => {
  await withoutLeaks(async () => {
    await using pair = await startPair();
    const log = new RecordingLogger();
    await using db = await openRedisAt({ hosts: pair.addresses, options: SHORT, log });
    await db.create("lport", "before", "1");
    await pair.swap();
    await written(db, "after");
    assert.equal(await pair.second.cli(["get", "{lport.}.after"]), "1");
    assert.equal(await db.get("lport", "before"), "1");
    assert.deepEqual(log.lines.map(({ level }) => level), ["warn", "info"]);
  });
});

Deno.test("redis database leaves a server that has become a replica, when it only reads", async () => {
  await using pair = await startPair();
  const log = new RecordingLogger();
  await using db = await openRedisAt({ hosts: pair.addresses, options: SHORT, log });
  await pair.swap();
  await poll("it is connected again", () => Promise.resolve(log.messages("info")[0]));
  assert.equal(log.lines[0]?.fields["reason"], "the server has become a replica");
  assert.deepEqual(await db.keys("lport"), []);
  const clients = await pair.second.cli(["client", "list"]);
  assert.match(clients, /name=df-pubsub-db\b/);
});

Deno.test("openRedisDb chooses the master, when a replica is listed first", async () => {
  await using pair = await startPair();
  const hosts = pair.addresses.toReversed();
  await using db = await openRedisAt({ hosts, options: SHORT });
  await db.create("lport", "p1", "1");
  assert.equal(await pair.first.cli(["get", "{lport.}.p1"]), "1");
});

Deno.test("openRedisDb chooses the first server in the list, when several are masters", async () => {
  await using first = await startRedis();
  await using second = await startRedis();
  for (const [one, other] of [[first, second], [second, first]] as const) {
    for (let round = 0; round < 5; round++) {
      await using db = await openRedisAt({ hosts: [one.address, other.address], options: SHORT });
      await db.create("lport", `p${round}`, one.address);
      assert.equal(await one.cli(["get", `{lport.}.p${round}`]), one.address);
    }
  }
});

Deno.test("redis database reads from a replica and reports that, until there is a master", async () => {
  await withoutLeaks(async () => {
    await using pair = await startPair();
    await pair.first.cli(["set", "{lport.}.p1", "1"]);
    await poll(
      "the replica has the row",
      async () => await pair.second.cli(["get", "{lport.}.p1"]) === "1" || undefined,
    );
    const log = new RecordingLogger();
    await using db = await openRedisAt({ hosts: [pair.second.address], options: SHORT, log });
    assert.equal(await db.get("lport", "p1"), "1");
    await assert.rejects(db.set("lport", "p1", "2"), {
      name: "DbUnavailable",
      message: /it is a replica, wanted the master$/,
    });
    assert.equal(await db.get("lport", "p1"), "1");
    assert.match(
      log.messages("warn")[0] ?? "",
      /rows can be read, but not written: it is a replica/,
    );
    await pair.second.cli(["replicaof", "no", "one"]);
    await written(db, "p2");
  });
});

Deno.test("redis database finds the master, when sentinels fail over and the old master stays connected", async () => {
  await withoutLeaks(async () => {
    await using group = await startSentinels();
    const options = { ...SHORT, sentinels: group.sentinels.join(",") };
    await using db = await openRedisAt({ options });
    await db.create("lport", "before", "1");
    const master = await group.master();
    await poll("the replica can be promoted", async () => {
      return await group.sentinelNodes[0]?.cli(["sentinel", "failover", group.masterName]);
    });
    const promoted = await poll("another leads", async () => {
      const now = await group.master();
      return now === master ? undefined : now;
    });
    // Rows that the old master accepts before the sentinels demote it are lost.
    await poll("rows are written at the new master", async () => {
      await db.create("lport", "after", "1");
      return await promoted.cli(["get", "{lport.}.after"]) === "1" || undefined;
    });
  });
});

for (
  const [what, spoil, reason] of [
    [
      "memory is full",
      ["config", "set", "maxmemory", "1"],
      "its memory is full: see its maxmemory",
    ],
    [
      "too few replicas follow",
      ["config", "set", "min-replicas-to-write", "1"],
      "too few replicas",
    ],
  ] as const
) {
  Deno.test(`openRedisDb opens for reading and reports that, when the server refuses writes as ${what}`, async () => {
    await using redis = await startRedis();
    await redis.cli(["set", "{lport.}.p1", "1"]);
    await redis.cli(spoil);
    const log = new RecordingLogger();
    await using db = await openRedisAt({ hosts: [redis.address], options: SHORT, log });
    assert.deepEqual(await db.keys("lport"), ["p1"]);
    const [warning = ""] = log.messages("warn");
    assert(
      warning.includes(`rows can be read, but not written: it refuses writes because`),
      warning,
    );
    assert(warning.includes(reason), warning);
    await assert.rejects(db.set("lport", "p1", "2"), { name: "DbUnavailable" });
  });
}

Deno.test("openRedisDb reports the host that does not resolve, when there are several", async () => {
  const hosts = ["127.0.0.1:1", "no-such-host.invalid:6379"];
  await assert.rejects(openRedisAt({ hosts, options: SHORT }), {
    message: /127\.0\.0\.1:1: connection refused; no-such-host\.invalid:6379: no such host$/,
  });
});

Deno.test("redis database follows a replica's promotion, when its new master is a third server", async () => {
  await using pair = await startPair();
  await using third = await startRedis();
  const hosts = [...pair.addresses, third.address];
  await follow(third, pair.first);
  await using db = await openRedisAt({ hosts, options: SHORT });
  await third.cli(["replicaof", "no", "one"]);
  await follow(pair.second, third);
  await follow(pair.first, third);
  await written(db, "after");
  assert.equal(await third.cli(["get", "{lport.}.after"]), "1");
});
