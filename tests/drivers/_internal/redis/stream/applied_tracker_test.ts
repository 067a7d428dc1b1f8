import assert from "node:assert/strict";
import { Redis } from "ioredis";
import {
  type AppliedRecord,
  formatRecord,
  NODES_KEY,
} from "../../../../../drivers/_internal/redis/stream/applied_record.ts";
import { StreamAppliedTracker } from "../../../../../drivers/_internal/redis/stream/applied_tracker.ts";
import { parseId } from "../../../../../drivers/_internal/redis/stream/position.ts";
import { startRedis } from "../../../../support/redis/server.ts";

function record(node: string, topicCount: number): AppliedRecord {
  const at = Date.now();
  const times = { connectedAt: at, at, movedAt: at };
  const topics = new Map([["D", parseId("7-0")]]);
  return {
    node,
    host: `host of ${node}`,
    processId: 1,
    version: "1",
    ...times,
    topicCount,
    topics,
  };
}

Deno.test("StreamAppliedTracker lists a node of unknown state, when its report lacks some of its topics", async () => {
  await using server = await startRedis();
  const redis = new Redis({ port: server.port, protocol: 2, disableClientInfo: true });
  try {
    await redis.hset(NODES_KEY, "1", formatRecord(record("few", 1)));
    await redis.hset(NODES_KEY, "2", formatRecord(record("many", 1_001)));
    const tracker = new StreamAppliedTracker(() => redis);
    const seen = async (topic: string) =>
      (await tracker.subscribers(topic, "7-0")).map((
        { address, session, hasApplied },
      ) => [address, session?.node, hasApplied]).sort();
    assert.deepEqual(await seen("D"), [["host of few", "few", true], [
      "host of many",
      "many",
      true,
    ]]);
    assert.deepEqual(await seen("other"), [["host of many", undefined, false]]);
  } finally {
    redis.disconnect();
  }
});
