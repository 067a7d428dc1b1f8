import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { Redis } from "ioredis";
import {
  CommandBatch,
  type FailedCommand,
} from "../../../../../drivers/_internal/redis/pubsub/batch.ts";
import { startRedis } from "../../../../support/redis/server.ts";

Deno.test("CommandBatch writes all commands at once, exactly in the format of the protocol", async () => {
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
  const batch = new CommandBatch("echo", () => {});
  batch.onComplete = resolve;
  const head = Buffer.from("*2\r\n$4\r\nECHO\r\n");
  for (const payload of ["one", ""]) batch.add(head, Buffer.from(payload), () => {});
  batch.sendBy(redis);
  await promise;
  assert.deepEqual(writes, [`${head}$3\r\none\r\n${head}$0\r\n\r\n`]);
  redis.disconnect();
});

Deno.test("CommandBatch uses at most twice the memory of its commands, from a few bytes to its limit", async () => {
  const redis = new Redis({ lazyConnect: true, enableOfflineQueue: false, retryStrategy: null });
  redis.disconnect();
  const head = Buffer.from("*2\r\n$4\r\nECHO\r\n");
  const payload = Buffer.from("x".repeat(100));
  for (const count of [1, 10, Infinity]) {
    const { promise, resolve } = Promise.withResolvers<FailedCommand | undefined>();
    const batch = new CommandBatch("echo", () => {});
    for (let added = 0; added < count && batch.fits(head, payload); added++) {
      batch.add(head, payload, resolve);
    }
    batch.sendBy(redis);
    const failed = await promise;
    // Node allocates small buffers from a shared one.
    const bound = Math.max(Buffer.poolSize, 2 * batch.size + 100);
    assert(failed !== undefined && failed.bytes.buffer.byteLength <= bound);
    assert.equal(String(failed.bytes), `${head}$100\r\n${payload}\r\n`);
    assert(batch.size <= 64 * 1024);
  }
});
