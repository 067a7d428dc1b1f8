import assert from "node:assert/strict";
import type { FrameSubscriber } from "../../../drivers/contract/pubsub.ts";
import { bytesOf, FrameReader } from "../../support/frame_reader.ts";
import { withoutLeaks } from "../../support/handles.ts";
import { HealthReader } from "../../support/health_reader.ts";
import { LONG_COMMAND_TIMEOUT, redisDriver } from "../../support/redis/drivers.ts";
import type { RedisNode } from "../../support/redis/node.ts";
import { poll } from "../../support/redis/poll.ts";
import { startRedis } from "../../support/redis/server.ts";

/** The server queues everything that a subscriber has not read. */
const NO_LIMIT = "client-output-buffer-limit pubsub 0 0 0";
const TIMEOUT_MS = 30_000;
/**
 * Publishes numbers inside the server, faster than any subscriber reads. Each call publishes the
 * next part, so that the server serves others in between.
 */
const FLOOD = "local from = tonumber(redis.call('GET', 'next') or ARGV[1]) " +
  "local to = math.min(from + ARGV[4] - 1, ARGV[2]) " +
  "for i = from, to do redis.call('PUBLISH', 'D', string.format('%d', i) .. ARGV[3]) end " +
  "if to == tonumber(ARGV[2]) then redis.call('DEL', 'next') " +
  "else redis.call('SET', 'next', string.format('%d', to + 1)) end";
const PART = 5_000;

async function flood(
  server: RedisNode,
  { from, to, tail = "" }: { from: number; to: number; tail?: string },
): Promise<void> {
  const parts = Math.ceil((to - from + 1) / PART);
  const args = [from, to, tail, PART].map(String);
  await server.cli(["-r", String(parts), "eval", FLOOD, "0", ...args]);
}

/** Our subscriber in the server's client list. */
async function listed(server: RedisNode): Promise<string> {
  return await server.cli(["client", "list", "type", "pubsub"]);
}

function numbers(count: number): string[] {
  return Array.from({ length: count }, (_, at) => `D|${at + 1}`);
}

async function subscribed(subscriber: FrameSubscriber): Promise<HealthReader> {
  const health = new HealthReader(subscriber.health);
  subscriber.registerTopic("D");
  await subscriber.ready();
  return health;
}

Deno.test("redis loses nothing of a burst, when its reader reads continuously", async () => {
  await withoutLeaks(async () => {
    await using server = await startRedis({ config: [NO_LIMIT] });
    const driver = redisDriver({ addresses: [server.address] }, LONG_COMMAND_TIMEOUT);
    await using subscriber = await driver.openSubscriber();
    const health = await subscribed(subscriber);
    const reader = new FrameReader(subscriber);
    await flood(server, { from: 1, to: 300_000 });
    await reader.count(300_000, TIMEOUT_MS);
    const { received, dropped } = subscriber.counters;
    console.log(`burst: 300000 published = ${received} received + ${dropped} announced as lost`);
    assert.deepEqual(reader.frames, numbers(300_000));
    assert.deepEqual(health.kinds, ["live confirmed"]);
  });
});

Deno.test("redis waits for a reader, and does not mistake its own silence for the server's", async () => {
  await withoutLeaks(async () => {
    await using server = await startRedis({ config: [NO_LIMIT] });
    const driver = redisDriver({ addresses: [server.address] }, {
      "df_redis.receive_queue": "10000",
      "df_redis.command_timeout": "2",
    });
    await using subscriber = await driver.openSubscriber();
    const health = await subscribed(subscriber);
    await flood(server, { from: 1, to: 100_000 });
    // Pings are sent every 0.2 s with a timeout of 2 s, as long as the connection is read.
    await poll(
      "no ping is sent",
      async () => /idle=([3-9]|\d\d)/.test(await listed(server)) || undefined,
    );
    const reader = new FrameReader(subscriber);
    await reader.count(100_000, TIMEOUT_MS);
    await poll(
      "pings come",
      async () => /idle=0.*cmd=ping/.test(await listed(server)) || undefined,
    );
    assert.deepEqual(reader.frames, numbers(100_000));
    assert.deepEqual(health.kinds, ["live confirmed"]);
  });
});

Deno.test("redis reports one interruption, when the server disconnects a reader that has stopped", async () => {
  await withoutLeaks(async () => {
    await using server = await startRedis({
      config: ["client-output-buffer-limit pubsub 2mb 0 0"],
    });
    const driver = redisDriver({ addresses: [server.address] }, {
      "df_redis.receive_queue": "1000",
    });
    await using subscriber = await driver.openSubscriber();
    await using publisher = await driver.openPublisher();
    const health = await subscribed(subscriber);
    let published = 0;
    for (; await listed(server) !== ""; published += 1000) {
      const tail = `:${"x".repeat(1000)}`;
      await flood(server, { from: published + 1, to: published + 1000, tail });
    }
    const reader = new FrameReader(subscriber);
    await health.has("live confirmed", 2);
    await publisher.send("D", bytesOf("after"));
    await reader.has("D|after");
    const kept = reader.frames.slice(0, -1).map((frame) => frame.slice(0, frame.indexOf(":")));
    const lost = published - kept.length;
    console.log(
      `stopped reader: ${published} published = ${kept.length} received + ${lost} announced as lost`,
    );
    assert.deepEqual(kept, numbers(kept.length));
    assert(lost > 0);
    assert.deepEqual(health.kinds, [
      "live confirmed",
      "disconnected",
      "connected",
      "live confirmed",
    ]);
  });
});

Deno.test("redis reports and counts one interruption, when more arrives at once than it may queue", async () => {
  await using server = await startRedis();
  const driver = redisDriver({ addresses: [server.address] }, { "df_redis.receive_queue": "100" });
  await using subscriber = await driver.openSubscriber();
  await using publisher = await driver.openPublisher();
  const health = await subscribed(subscriber);
  await flood(server, { from: 1, to: 300 });
  await health.has("disconnected");
  const reader = new FrameReader(subscriber);
  await health.has("live confirmed", 2);
  await publisher.send("D", bytesOf("after"));
  await reader.has("D|after");
  assert.deepEqual(health.kinds, [
    "live confirmed",
    "disconnected",
    "dropped queue-full",
    "live confirmed",
  ]);
  const { received, dropped } = subscriber.counters;
  console.log(`small queue: 301 published = ${received} received + ${dropped} announced as lost`);
  assert.equal(received + dropped, 301);
});
