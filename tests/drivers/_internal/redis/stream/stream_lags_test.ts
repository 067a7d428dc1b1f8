import assert from "node:assert/strict";
import { Redis } from "ioredis";
import { parseId } from "../../../../../drivers/_internal/redis/stream/position.ts";
import { StreamLags } from "../../../../../drivers/_internal/redis/stream/stream_lags.ts";
import { streamKey } from "../../../../../drivers/_internal/redis/stream/topic.ts";
import { startRedis } from "../../../../support/redis/server.ts";

const EVENT = "x".repeat(1_000);

Deno.test("StreamLags counts the events after positions, and reads those of a topic once", async () => {
  await using server = await startRedis();
  const redis = new Redis({ port: server.port, protocol: 2, disableClientInfo: true });
  try {
    const adding = redis.pipeline();
    for (let n = 1; n <= 1_200; n++) adding.xadd(streamKey("D"), `${n}-0`, "e", EVENT);
    await adding.exec();
    const before = await bytesFrom(redis);
    const lags = new StreamLags(() => redis);
    const looks = Array.from({ length: 60 }, (_, n) => lags.after("D", parseId(`${1_200 - n}-0`)));
    const events = (await Promise.all(looks)).map((lag) => lag?.events);
    assert.deepEqual(events, Array.from({ length: 60 }, (_, n) => n));
    assert.equal((await lags.after("D", parseId("1-0")))?.events, 1_000);
    assert.deepEqual(await lags.after("other", parseId("1-0")), { events: 0, ageMs: 0 });
    assert(await bytesFrom(redis) - before < 2 * 1_000 * EVENT.length);
  } finally {
    redis.disconnect();
  }
});

/** Number of bytes that the server has sent. */
async function bytesFrom(redis: Redis): Promise<number> {
  return Number(/total_net_output_bytes:(\d+)/.exec(await redis.info("stats"))?.[1]);
}
