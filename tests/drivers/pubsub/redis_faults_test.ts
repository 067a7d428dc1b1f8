import assert from "node:assert/strict";
import { octets } from "../../support/frame_reader.ts";
import { FrameReader } from "../../support/frame_reader.ts";
import { withoutLeaks } from "../../support/handles.ts";
import { HealthReader } from "../../support/health_reader.ts";
import { redisDriver, redisStreamDriver } from "../../support/redis_drivers.ts";
import { freeze, killSubscribers } from "../../support/redis_faults.ts";
import { assertClosed, Flow, type Sum } from "../../support/redis_flow.ts";
import type { RedisNode } from "../../support/redis_node.ts";
import { startRedis } from "../../support/redis_server.ts";

/** Twenty seconds in the issue; the driver under test notices after half a second. */
const FROZEN_MS = 3_000;
/** Published inside the server, faster than any subscriber reads. */
const FLOOD = "for i = 1, 5000 do redis.call('PUBLISH', 'D', ARGV[1]) end";

function assertOnePair({ disconnected, live }: Sum): void {
  assert.deepEqual({ disconnected, live }, { disconnected: 1, live: 2 });
}

/** Breaks a flow of channels once, and sees that it is told once and that the account closes. */
async function interrupted(
  what: string,
  fault: (server: RedisNode) => Promise<unknown>,
  config: readonly string[] = [],
): Promise<void> {
  await withoutLeaks(async () => {
    await using server = await startRedis({ config });
    await using flow = await Flow.start(redisDriver({ addresses: [server.address] }));
    await fault(server);
    await flow.recovered(1);
    const sum = await flow.sum();
    assertClosed(what, sum);
    assertOnePair(sum);
  });
}

Deno.test("redis tells one interruption, when its subscription is cut", () =>
  interrupted("CLIENT KILL", async (server) => assert.equal(await killSubscribers(server), 1)));

Deno.test("redis tells one interruption, when the server stands still", () =>
  interrupted("SIGSTOP", async (server) => (await freeze(server, FROZEN_MS)).thawed));

Deno.test("redis tells one interruption, when the server restarts", () =>
  interrupted("restart", (server) => server.restart()));

Deno.test("redis tells one interruption, when the server throws out a slow subscriber", () =>
  interrupted("output buffer", async (server) => {
    await server.cli(["eval", FLOOD, "0", "x".repeat(1000)]);
  }, ["client-output-buffer-limit pubsub 256kb 256kb 1"]));

Deno.test("redis tells one interruption and counts, when its own reader is too slow", async () => {
  await using server = await startRedis();
  const driver = redisDriver({ addresses: [server.address] }, { "df_redis.receive_queue": "100" });
  await using subscriber = await driver.openSubscriber();
  await using publisher = await driver.openPublisher();
  const health = new HealthReader(subscriber.health);
  subscriber.registerTopic("D");
  await subscriber.ready();
  for (let number = 0; number < 300; number++) await publisher.send("D", octets(`${number}`));
  await health.has("disconnected");
  const reader = new FrameReader(subscriber);
  await health.has("live confirmed", 2);
  await publisher.send("D", octets("after"));
  await reader.has("D|after");
  assert.deepEqual(health.kinds, [
    "live confirmed",
    "disconnected",
    "dropped queue-full",
    "live confirmed",
  ]);
  const { received, dropped } = subscriber.counters;
  console.log(`slow reader: 301 published = ${received} received + ${dropped} announced as lost`);
  assert.equal(received + dropped, 301);
});

Deno.test("redis streams lose nothing, when their connection is cut", async () => {
  await withoutLeaks(async () => {
    await using server = await startRedis();
    await using flow = await Flow.start(redisStreamDriver({ addresses: [server.address] }));
    await server.cli(["client", "kill", "type", "normal"]);
    await flow.recovered(1);
    const sum = await flow.sum();
    assertClosed("stream, CLIENT KILL", sum);
    assert.deepEqual([sum.announced, sum.gaps], [0, 0]);
  });
});

Deno.test("redis streams lose nothing, when the server stands still", async () => {
  await using server = await startRedis();
  await using flow = await Flow.start(redisStreamDriver({ addresses: [server.address] }));
  await (await freeze(server, FROZEN_MS)).thawed;
  await flow.recovered(1);
  const sum = await flow.sum();
  assertClosed("stream, SIGSTOP", sum);
  assert.deepEqual([sum.announced, sum.gaps], [0, 0]);
});

Deno.test("redis refuses to open, when the password is wrong", async () => {
  await using server = await startRedis({ password: "right" });
  const servers = { addresses: [server.address] };
  const wrong = { "df_redis.password": "wrong" };
  const refusal = { code: "TRANSPORT_FAILED", message: /password/ };
  for (const driver of [redisDriver(servers, wrong), redisStreamDriver(servers, wrong)]) {
    await withoutLeaks(async () => {
      await assert.rejects(driver.openPublisher(), refusal);
      await assert.rejects(driver.openSubscriber(), refusal);
    });
  }
});
