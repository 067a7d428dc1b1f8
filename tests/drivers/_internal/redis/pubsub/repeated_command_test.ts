import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { Redis } from "ioredis";
import {
  RepeatedCommand,
  sendRepeated,
} from "../../../../../drivers/_internal/redis/pubsub/repeated_command.ts";
import { startRedis } from "../../../../support/redis/server.ts";

const PING = "*1\r\n$4\r\nPING\r\n";
const UNKNOWN = "*1\r\n$7\r\nUNKNOWN\r\n";

async function connected(port: number): Promise<Redis> {
  const redis = new Redis({
    port,
    protocol: 2,
    lazyConnect: true,
    commandTimeout: 30_000,
    retryStrategy: null,
    enableOfflineQueue: false,
  });
  await redis.connect();
  return redis;
}

/** The members of a command that ioredis reads and calls, besides those for its own state. */
function recorded(command: RepeatedCommand, members: Set<string>): RepeatedCommand {
  return new Proxy(command, {
    get(target, member) {
      members.add(String(member));
      const value = Reflect.get(target, member, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
    set(target, member, value) {
      members.add(`${String(member)} =`);
      return Reflect.set(target, member, value, target);
    },
  });
}

Deno.test("RepeatedCommand writes all of its commands at once, and receives each reply in order", async () => {
  await using server = await startRedis();
  const redis = await connected(server.port);
  const writes: string[] = [];
  const write = redis.stream.write.bind(redis.stream);
  redis.stream.write = ((data: string | Buffer) => {
    writes.push(String(data));
    return write(data);
  }) as typeof redis.stream.write;
  const answers: (string | undefined)[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const command = new RepeatedCommand("ping", Buffer.from(PING + UNKNOWN + PING), (error) => {
    answers.push(error?.name);
    if (answers.length === 3) resolve();
  });
  sendRepeated(redis, command, 3);
  await promise;
  assert.deepEqual(answers, [undefined, "ReplyError", undefined]);
  assert.deepEqual(writes, [PING + UNKNOWN + PING]);
  // A command of ioredis itself receives its own reply, not one of the three.
  assert.equal(await redis.echo("after"), "after");
  redis.disconnect();
});

Deno.test("RepeatedCommand fails each of its commands once, when the connection has ended or ends", async () => {
  await using server = await startRedis();
  const redis = await connected(server.port);
  const errors: string[] = [];
  const ended = Promise.withResolvers<void>();
  redis.once("end", () => ended.resolve());
  const send = () => {
    const command = new RepeatedCommand("ping", Buffer.from(PING + PING), (error) => {
      errors.push(error?.message ?? "an answer");
    });
    sendRepeated(redis, command, 2);
  };
  send();
  redis.stream.destroy();
  await ended.promise;
  send();
  assert.deepEqual(errors, Array(4).fill("Connection is closed."));
});

Deno.test("ioredis uses no members of a command other than those that RepeatedCommand provides", async () => {
  await using server = await startRedis();
  const redis = await connected(server.port);
  const members = new Set<string>();
  const { promise, resolve } = Promise.withResolvers<void>();
  let answers = 0;
  const command = new RepeatedCommand("ping", Buffer.from(PING + UNKNOWN), () => {
    if (++answers === 2) resolve();
  });
  sendRepeated(redis, recorded(command, members), 2);
  await promise;
  redis.disconnect();
  // Read: args and name. Set by RepeatedCommand: reject, resolve, setTimeout, toWritable. Harmless
  // when used once per reply: the promise, which stays pending, the trace flag, and the reply
  // context.
  assert.deepEqual([...members].sort(), [
    "args",
    "isTraced",
    "isTraced =",
    "name",
    "promise",
    "reject",
    "resolve",
    "setReplyContext",
    "setTimeout",
    "toWritable",
  ]);
});
