import assert from "node:assert/strict";
import { SendGroup } from "../../../drivers/contract/send_group.ts";
import { bytesOf, FrameReader } from "../../support/frame_reader.ts";
import { withoutLeaks } from "../../support/handles.ts";
import { HealthReader } from "../../support/health_reader.ts";
import { redisDriver } from "../../support/redis/drivers.ts";
import { freeze } from "../../support/redis/faults.ts";
import { startRedis } from "../../support/redis/server.ts";

const WINDOW = 50;

Deno.test("redis publishers have at most a window of unconfirmed frames, and count failures", async () => {
  await withoutLeaks(async () => {
    await using server = await startRedis();
    const driver = redisDriver({ addresses: [server.address] }, {
      "df_redis.publish_window": String(WINDOW),
    });
    await using publisher = await driver.openPublisher();
    const health = new HealthReader(publisher.health);
    await publisher.send("D", bytesOf("before"));
    using frozen = await freeze(server, 20_000);
    let taken = 0;
    while (publisher.trySend("D", bytesOf("unsure"))) taken++;
    assert.equal(taken, WINDOW);
    await health.has("disconnected");
    assert.equal(publisher.trySend("D", bytesOf("not connected")), false);
    const late = { code: "SEND_TIMEOUT", message: /accepts no event: waited 0.05 s/ };
    await assert.rejects(publisher.send("D", bytesOf("late"), { timeoutMs: 50 }), late);
    await health.has("dropped not-sent");
    const dropped = health.events.filter((event) => event.kind === "dropped");
    assert.deepEqual(dropped, [{ kind: "dropped", reason: "not-sent", total: WINDOW }]);
    frozen.thaw();
    await health.has("connected");
    await publisher.send("D", bytesOf("after"));
    assert.deepEqual(await publisher.close(), { flushed: false });
  });
});

Deno.test("redis publishers report the frames of a group that the server refused, and accept the others", async () => {
  await withoutLeaks(async () => {
    await using server = await startRedis();
    await server.cli(["acl", "setuser", "default", "resetchannels", "&D"]);
    const driver = redisDriver({ addresses: [server.address] });
    await using publisher = await driver.openPublisher();
    let accepted = 0;
    const group = new SendGroup((bytes) => accepted += bytes);
    const borrowed = bytesOf("1234");
    for (const topic of ["D", "secret", "D"]) {
      assert.equal(publisher.trySendIn?.(group, topic, borrowed), true);
      borrowed.fill(0);
    }
    await group.settled();
    assert.deepEqual([group.taken, group.accepted, accepted], [3, 2, 8]);
    const [failure, ...others] = group.failures;
    assert.deepEqual([failure?.place, failure?.error.code, others], [1, "REFUSED", []]);
    assert.match(failure?.error.message ?? "", /topic "secret".*no permission/);
    await new SendGroup().settled();
  });
});

Deno.test("redis publishers fail the frames of a group, when the connection ends without a reply", async () => {
  await withoutLeaks(async () => {
    await using server = await startRedis();
    const driver = redisDriver({ addresses: [server.address] });
    await using publisher = await driver.openPublisher();
    const health = new HealthReader(publisher.health);
    const group = new SendGroup();
    using _frozen = await freeze(server, 20_000);
    for (let n = 0; n < 3; n++) assert(publisher.trySendIn?.(group, "D", bytesOf(`${n}`)));
    await group.settled();
    const failures = group.failures.map(({ place, error }) => [place, error.code]);
    assert.deepEqual(failures, [0, 1, 2].map((place) => [place, "TRANSPORT_FAILED"]));
    assert(group.failures.every(({ error }) => error.isUncertain));
    await health.has("disconnected");
    assert.equal(publisher.trySendIn?.(group, "D", bytesOf("not connected")), false);
    assert.equal(group.taken, 3);
  });
});

Deno.test("redis publishers send nothing outdated, when the server was unreachable", async () => {
  await withoutLeaks(async () => {
    await using server = await startRedis();
    const driver = redisDriver({ addresses: [server.address] });
    await using publisher = await driver.openPublisher();
    await using subscriber = await driver.openSubscriber();
    const health = new HealthReader(publisher.health);
    const hearing = new HealthReader(subscriber.health);
    const reader = new FrameReader(subscriber);
    subscriber.registerTopic("D");
    await subscriber.ready();
    await server.kill();
    await health.has("disconnected");
    const failing = publisher.send("D", bytesOf("stale"), { timeoutMs: 100 });
    await assert.rejects(failing, { code: "SEND_TIMEOUT" });
    await server.restart();
    await health.has("connected");
    await hearing.has("live confirmed", 2);
    await publisher.send("D", bytesOf("fresh"));
    await reader.has("D|fresh");
    assert.deepEqual(reader.frames, ["D|fresh"]);
  });
});

Deno.test("redis publishers and subscribers report a missing permission", async () => {
  await withoutLeaks(async () => {
    await using server = await startRedis();
    await server.cli(["acl", "setuser", "default", "resetchannels", "&D"]);
    const driver = redisDriver({ addresses: [server.address] });
    await using publisher = await driver.openPublisher();
    await using subscriber = await driver.openSubscriber();
    const message = /topic "secret".*no permission/;
    await publisher.send("D", bytesOf("1"));
    await assert.rejects(publisher.send("secret", bytesOf("1")), { code: "REFUSED", message });
    subscriber.registerTopic("D");
    await subscriber.ready();
    subscriber.registerTopic("secret");
    await assert.rejects(subscriber.ready(), { code: "PERMISSION_DENIED", message });
    await server.cli(["acl", "setuser", "default", "allchannels"]);
    const health = new FrameReader(subscriber);
    while (await subscriber.ready().then(() => false, () => true)) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await publisher.send("secret", bytesOf("1"));
    await health.has("secret|1");
  });
});
