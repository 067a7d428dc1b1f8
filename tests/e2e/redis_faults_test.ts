import assert from "node:assert/strict";
import type { Deployment } from "../support/deployment.ts";
import { untilListed } from "../support/publisher_list.ts";
import { redisDeployment, serveOnBroker, STREAMS } from "../support/redis/deployment.ts";
import { freeze, killSubscribers } from "../support/redis/faults.ts";
import type { RedisNode } from "../support/redis/node.ts";
import { assertSumCloses, ProgramFlow } from "../support/redis/program_flow.ts";
import { startSentinels } from "../support/redis/sentinels.ts";
import { startRedis } from "../support/redis/server.ts";

/** Heartbeats every second, so that the table soon shows whether they continue. */
const LIVELY = { "df.publisher_timeout": 3 };
const FROZEN_MS = 3_000;

async function assertTableRight(deployment: Deployment): Promise<void> {
  const rows = await untilListed(deployment, ([first]) => first?.["state"] === "alive");
  assert.equal(rows.length, 1, JSON.stringify(rows));
}

/** Closes the connections on which subscribers read streams, and their control connections. */
async function killStreamSubscribers(server: RedisNode): Promise<void> {
  const clients = await server.cli(["client", "list"]);
  for (const line of clients.split("\n").filter((one) => one.includes("df-pubsub-subscriber"))) {
    const [, id = ""] = /^id=(\d+)/.exec(line) ?? [];
    await server.cli(["client", "kill", "id", id]);
  }
}

Deno.test("streams lose nothing and channels give one sync, after kill -9 of the master under Sentinel", async () => {
  await using group = await startSentinels();
  await using channels = await redisDeployment(group, LIVELY);
  await using streams = await redisDeployment(group, { ...LIVELY, ...STREAMS });
  await using service = await serveOnBroker(channels);
  await using forgetful = await ProgramFlow.start(channels);
  await using remembering = await ProgramFlow.start(streams);
  await group.failover();
  await Promise.all([forgetful.recovered(2), remembering.recovered(2)]);
  const [over, kept] = await Promise.all([forgetful.sum(), remembering.sum()]);
  assertSumCloses("Sentinel, channels", over);
  assertSumCloses("Sentinel, streams", kept);
  assert.deepEqual([over.interruptions, over.syncs], [1, 1]);
  assert.equal(kept.announced, 0);
  await assertTableRight(channels);
  const { code, stderr } = await service.stop();
  assert.equal(code, 0, stderr);
});

Deno.test("streams lose nothing and channels give one sync each, after CLIENT KILL and SIGSTOP", async () => {
  await using server = await startRedis();
  const place = { addresses: [server.address] };
  await using channels = await redisDeployment(place, LIVELY);
  await using streams = await redisDeployment(place, { ...LIVELY, ...STREAMS });
  await using service = await serveOnBroker(channels);
  await using forgetful = await ProgramFlow.start(channels);
  await using remembering = await ProgramFlow.start(streams);
  assert.equal(await killSubscribers(server), 1);
  await forgetful.recovered(2);
  await killStreamSubscribers(server);
  await Promise.all([forgetful.recovered(3), remembering.recovered(2)]);
  using frozen = await freeze(server, FROZEN_MS);
  await frozen.thawed;
  await Promise.all([forgetful.recovered(4), remembering.recovered(3)]);
  const [over, kept] = await Promise.all([forgetful.sum(), remembering.sum()]);
  assertSumCloses("CLIENT KILL and SIGSTOP, channels", over);
  assertSumCloses("CLIENT KILL and SIGSTOP, streams", kept);
  assert.deepEqual([over.interruptions, over.syncs], [3, 3]);
  assert.deepEqual([kept.interruptions, kept.syncs, kept.announced], [2, 0, 0]);
  await assertTableRight(channels);
  const { code, stderr } = await service.stop();
  assert.equal(code, 0, stderr);
});
