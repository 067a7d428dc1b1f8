import assert from "node:assert/strict";
import { withoutLeaks } from "../../support/handles.ts";
import { redisDriver, redisStreamDriver } from "../../support/redis/drivers.ts";
import { freeze, killSubscribers } from "../../support/redis/faults.ts";
import { assertClosed, Flow, type Sum } from "../../support/redis/flow.ts";
import type { RedisNode } from "../../support/redis/node.ts";
import { startRedis } from "../../support/redis/server.ts";

/** The driver under test detects a fault after half a second. */
const FROZEN_MS = 3_000;
const LONG_FROZEN_MS = 20_000;
/** Publishes inside the server, faster than any subscriber reads. */
const FLOOD = "for i = 1, 5000 do redis.call('PUBLISH', 'D', ARGV[1]) end";

function assertOnePair({ disconnected, live }: Sum): void {
  assert.deepEqual({ disconnected, live }, { disconnected: 1, live: 2 });
}

/** Breaks a flow of channels once. Asserts one reported interruption and a balanced account. */
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

Deno.test("redis reports one interruption, when its subscription is cut", () =>
  interrupted("CLIENT KILL", async (server) => assert.equal(await killSubscribers(server), 1)));

Deno.test("redis reports one interruption, when the server is stopped", () =>
  interrupted("SIGSTOP", async (server) => (await freeze(server, FROZEN_MS)).thawed));

Deno.test("redis reports one interruption, when the server restarts", () =>
  interrupted("restart", (server) => server.restart()));

Deno.test("redis reports one interruption, when the server disconnects a slow subscriber", () =>
  interrupted("output buffer", async (server) => {
    await server.cli(["eval", FLOOD, "0", "x".repeat(1000)]);
  }, ["client-output-buffer-limit pubsub 256kb 256kb 1"]));

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

Deno.test("redis streams lose nothing, when the server is stopped", async () => {
  await using server = await startRedis();
  await using flow = await Flow.start(redisStreamDriver({ addresses: [server.address] }));
  await (await freeze(server, FROZEN_MS)).thawed;
  await flow.recovered(1);
  const sum = await flow.sum();
  assertClosed("stream, SIGSTOP", sum);
  assert.deepEqual([sum.announced, sum.gaps], [0, 0]);
});

Deno.test("redis channels and streams recover, when the server is stopped for 20 s", async () => {
  await withoutLeaks(async () => {
    await using server = await startRedis();
    const servers = { addresses: [server.address] };
    await using channels = await Flow.start(redisDriver(servers));
    await using streams = await Flow.start(redisStreamDriver(servers));
    await (await freeze(server, LONG_FROZEN_MS)).thawed;
    await Promise.all([channels.recovered(1), streams.recovered(1)]);
    const [fromChannels, fromStreams] = await Promise.all([channels.sum(), streams.sum()]);
    assertClosed("SIGSTOP for 20 s", fromChannels);
    assertOnePair(fromChannels);
    assertClosed("stream, SIGSTOP for 20 s", fromStreams);
    assertOnePair(fromStreams);
    assert.deepEqual([fromStreams.announced, fromStreams.gaps], [0, 0]);
  });
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
