import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { Redis } from "ioredis";
import { CommandBatch } from "../../../../../drivers/_internal/redis/pubsub/batch.ts";
import { startRedis } from "../../../../support/redis_server.ts";

Deno.test("CommandBatch writes its commands at once, as the protocol has them, to the line ends", async () => {
  await using server = await startRedis();
  const redis = new Redis({ port: server.port, protocol: 2, lazyConnect: true });
  await redis.connect();
  const writes: string[] = [];
  const write = redis.stream.write.bind(redis.stream);
  redis.stream.write = ((data: string | Buffer) => {
    writes.push(String(data));
    return write(data);
  }) as typeof redis.stream.write;
  const { promise, resolve } = Promise.withResolvers<void>();
  const batch = new CommandBatch("echo", 0, () => {});
  batch.onComplete = resolve;
  const head = Buffer.from("*2\r\n$4\r\nECHO\r\n");
  for (const payload of ["one", ""]) batch.add(head, Buffer.from(payload), () => {});
  batch.sendBy(redis);
  await promise;
  assert.deepEqual(writes, [`${head}$3\r\none\r\n${head}$0\r\n\r\n`]);
  redis.disconnect();
});
