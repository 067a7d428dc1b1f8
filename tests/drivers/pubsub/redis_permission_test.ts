import assert from "node:assert/strict";
import type { PubSubDriver } from "../../../drivers/contract/pubsub.ts";
import { streamKey } from "../../../drivers/_internal/redis/stream/topic.ts";
import { nextTurn } from "../../../drivers/contract/next_turn.ts";
import { createRedisStreamDriver } from "../../../drivers/pubsub/redis_stream.ts";
import { eventually } from "../../support/eventually.ts";
import { bytesOf, FrameReader } from "../../support/frame_reader.ts";
import { withoutLeaks } from "../../support/handles.ts";
import { HealthReader } from "../../support/health_reader.ts";
import { RecordingLogger } from "../../support/fakes/recording_logger.ts";
import { startCluster } from "../../support/redis/cluster.ts";
import { redisContext, redisDriver, redisStreamDriver } from "../../support/redis/drivers.ts";
import { startRedis } from "../../support/redis/server.ts";
import type { Overrides } from "../../support/test_settings.ts";

const LOGIN = { "df_redis.username": "worker", "df_redis.password": "secret" };
const RIGHTS = ["on", ">secret", "~*", "&*", "+@all"];

interface Bus {
  readonly what: string;
  readonly writing: string;
  readonly reading: string;
  readonly driver: (address: string, overrides?: Overrides) => PubSubDriver;
}

const BUSES: readonly Bus[] = [
  {
    what: "channels",
    writing: "publish",
    reading: "subscribe",
    driver: (address, overrides) => redisDriver({ addresses: [address] }, overrides),
  },
  {
    what: "sharded channels",
    writing: "spublish",
    reading: "ssubscribe",
    driver: (address, overrides) =>
      redisDriver({ addresses: [address] }, { "df_redis.sharded": "true", ...overrides }),
  },
  {
    what: "streams",
    writing: "xadd",
    reading: "xread",
    driver: (address, overrides) => redisStreamDriver({ addresses: [address] }, overrides),
  },
];

function refusal(command: string, code = "PERMISSION_DENIED") {
  const message = new RegExp(`user "worker" has no permission for command "${command}"`);
  return { code, message };
}

for (const { what, writing, reading, driver } of BUSES) {
  Deno.test(`redis opens no publisher, when its user may not publish: ${what}`, async () => {
    await withoutLeaks(async () => {
      await using server = await startRedis();
      await server.cli(["acl", "setuser", "worker", ...RIGHTS, `-${writing}`]);
      await assert.rejects(driver(server.address, LOGIN).openPublisher(), refusal(writing));
    });
  });

  Deno.test(`redis publishers name their user, when they lose the permission to publish: ${what}`, async () => {
    await using server = await startRedis();
    await server.cli(["acl", "setuser", "worker", ...RIGHTS]);
    await using publisher = await driver(server.address, LOGIN).openPublisher();
    await server.cli(["acl", "setuser", "worker", `-${writing}`]);
    await assert.rejects(publisher.send("D", bytesOf("1")), refusal(writing, "REFUSED"));
  });

  Deno.test(`redis publishers send a frame once, when the server refuses it: ${what}`, async () => {
    await using server = await startRedis();
    await server.cli(["acl", "setuser", "worker", ...RIGHTS]);
    await using publisher = await driver(server.address, LOGIN).openPublisher();
    await server.cli(["acl", "setuser", "worker", `-${writing}`]);
    await assert.rejects(publisher.send("D", bytesOf("1")), refusal(writing, "REFUSED"));
    const stats = await server.cli(["info", "commandstats"]);
    assert.match(stats, new RegExp(`cmdstat_${writing}:.*rejected_calls=1,`));
    assert.doesNotMatch(stats, /cmdstat_asking/);
  });

  Deno.test(`redis leaves no keys behind, when a publisher opens: ${what}`, async () => {
    await using server = await startRedis();
    await using _publisher = await driver(server.address).openPublisher();
    assert.equal(await server.cli(["dbsize"]), "0");
  });

  Deno.test(`redis is not live, until a refused topic is granted: ${what}`, async () => {
    await withoutLeaks(async () => {
      await using server = await startRedis();
      await server.cli(["acl", "setuser", "worker", ...RIGHTS, `-${reading}`]);
      await using publisher = await driver(server.address).openPublisher();
      await using subscriber = await driver(server.address, LOGIN).openSubscriber();
      const health = new HealthReader(subscriber.health);
      const reader = new FrameReader(subscriber);
      subscriber.registerTopic("D");
      await assert.rejects(subscriber.ready(), refusal(reading));
      assert(!health.kinds.includes("live confirmed"));
      await server.cli(["acl", "setuser", "worker", `+${reading}`]);
      await health.has("live confirmed");
      await publisher.send("D", bytesOf("1"));
      await reader.has("D|1");
    });
  });

  Deno.test(`redis requests a refused topic again, while events of another one keep arriving: ${what}`, async () => {
    await withoutLeaks(async () => {
      await using server = await startRedis();
      const [own, other] = [streamKey("own"), streamKey("other")];
      const rights = ["on", ">secret", `~${own}`, "&own", "+@all"];
      await server.cli(["acl", "setuser", "worker", ...rights]);
      await using publisher = await driver(server.address).openPublisher();
      await using subscriber = await driver(server.address, LOGIN).openSubscriber();
      const reader = new FrameReader(subscriber);
      subscriber.registerTopic("own");
      await subscriber.ready();
      subscriber.registerTopic("other");
      await assert.rejects(subscriber.ready(), { code: "PERMISSION_DENIED" });
      const busy = new AbortController();
      const sending = (async () => {
        while (!busy.signal.aborted) {
          await publisher.send("own", bytesOf("1"));
          await nextTurn();
        }
      })();
      await server.cli(["acl", "setuser", "worker", `~${other}`, "&other"]);
      const isReady = () => subscriber.ready().then(() => true, () => false);
      await eventually(isReady, (each) => each).finally(() => busy.abort());
      await sending;
      await publisher.send("other", bytesOf("2"));
      await reader.has("other|2");
    });
  });

  Deno.test(`redis subscribers close, when their only topic is refused: ${what}`, async () => {
    await withoutLeaks(async () => {
      await using server = await startRedis();
      await server.cli(["acl", "setuser", "worker", ...RIGHTS, `-${reading}`]);
      const subscriber = await driver(server.address, LOGIN).openSubscriber();
      subscriber.registerTopic("D");
      await assert.rejects(subscriber.ready(), refusal(reading));
      await subscriber[Symbol.asyncDispose]();
    });
  });
}

Deno.test("redis reports why it does not connect again, when the login is no longer valid", async () => {
  await withoutLeaks(async () => {
    await using server = await startRedis();
    await server.cli(["acl", "setuser", "worker", ...RIGHTS]);
    const log = new RecordingLogger();
    const { settings } = redisContext({ addresses: [server.address] }, LOGIN);
    const driver = createRedisStreamDriver({ settings, log });
    await using publisher = await driver.openPublisher();
    await using _subscriber = await driver.openSubscriber();
    const health = new HealthReader(publisher.health);
    await server.cli(["acl", "setuser", "worker", "resetpass", ">other"]);
    await server.cli(["client", "kill", "user", "worker"]);
    const why = /cannot connect: .*the login of user "worker" was refused/;
    const reasons = () => health.events.map((event) => "reason" in event ? event.reason : "");
    await eventually(reasons, (each) => why.test(each[1] ?? ""));
    await eventually(() => log.messages("warn"), ([line]) => why.test(line ?? ""));
  });
});

Deno.test("redis streams know of a subscriber, as soon as it may report", async () => {
  await withoutLeaks(async () => {
    await using server = await startRedis();
    await server.cli(["acl", "setuser", "worker", ...RIGHTS, "-hset"]);
    const log = new RecordingLogger();
    const { settings } = redisContext({ addresses: [server.address] }, LOGIN);
    const driver = createRedisStreamDriver({ settings, log });
    await using publisher = await driver.openPublisher();
    await using subscriber = await driver.openSubscriber();
    subscriber.registerTopic("D");
    subscriber.markApplied?.(0);
    await eventually(() => log.messages("warn"), ([line]) => line?.includes("NOPERM") === true);
    await server.cli(["acl", "setuser", "worker", "+hset"]);
    const peers = async () => (await publisher.applied?.reported?.())?.peers;
    await eventually(peers, (each) => each?.length === 1);
    assert.equal(log.messages("warn").length, 1);
  });
});

Deno.test("redis publishers open in a cluster, when most masters do not own the probed slot", async () => {
  await withoutLeaks(async () => {
    await using cluster = await startCluster({ replicas: 0 });
    const [address = ""] = cluster.addresses;
    for (const { driver } of BUSES) {
      await using publisher = await driver(address).openPublisher();
      await publisher.send("D", bytesOf("1"));
    }
    const masters = await cluster.masters();
    await Promise.all(masters.map((node) => node.cli(["acl", "setuser", "worker", ...RIGHTS])));
    await masters[1]?.cli(["acl", "setuser", "worker", "-spublish", "-xadd"]);
    for (const { what, writing, driver } of BUSES) {
      if (what === "channels") continue;
      await assert.rejects(driver(address, LOGIN).openPublisher(), refusal(writing));
    }
  });
});

Deno.test("redis stream subscribers name their user, when they lose the permission to read", async () => {
  await using server = await startRedis();
  await server.cli(["acl", "setuser", "worker", ...RIGHTS]);
  await using subscriber = await redisStreamDriver({ addresses: [server.address] }, LOGIN)
    .openSubscriber();
  const health = new HealthReader(subscriber.health);
  subscriber.registerTopic("D");
  await subscriber.ready();
  await server.cli(["acl", "setuser", "worker", "-xread"]);
  await health.has("disconnected");
  const lost = health.events.find(({ kind }) => kind === "disconnected");
  assert(lost?.kind === "disconnected");
  assert.equal(lost.reason, 'reading streams: user "worker" has no permission for command "xread"');
});

Deno.test("redis stream publishers report keys instead of rows, when the topic's key is not theirs", async () => {
  await using server = await startRedis();
  await server.cli(["acl", "setuser", "worker", ...RIGHTS]);
  await using publisher = await redisStreamDriver({ addresses: [server.address] }, LOGIN)
    .openPublisher();
  await server.cli(["set", streamKey("D"), "x"]);
  await assert.rejects(publisher.send("D", bytesOf("1")), {
    message: /topic "D": its key has a value of the wrong type: another program has written it$/,
  });
  await server.cli(["acl", "setuser", "worker", "resetkeys", "~other"]);
  await assert.rejects(publisher.send("D", bytesOf("1")), {
    message: /topic "D": user "worker" has no permission for these keys$/,
  });
});
