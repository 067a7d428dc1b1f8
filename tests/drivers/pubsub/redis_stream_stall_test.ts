import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { streamKey } from "../../../drivers/_internal/redis/stream/topic.ts";
import { eventually } from "../../support/eventually.ts";
import { FrameReader } from "../../support/frame_reader.ts";
import { withoutLeaks } from "../../support/handles.ts";
import { LONG_COMMAND_TIMEOUT, redisStreamDriver } from "../../support/redis/drivers.ts";
import type { RedisNode } from "../../support/redis/node.ts";
import { startRedis } from "../../support/redis/server.ts";
import { HealthReader } from "../../support/health_reader.ts";
import { type Passage, startProxy } from "../../support/tcp_proxy.ts";
import { programPath } from "../../support/system_programs.ts";

/** Maximum age of events, in seconds. */
const MAX_AGE = 4;

Deno.test("redis streams report a gap, when events were trimmed by age while the subscriber stood still", async () => {
  await withoutLeaks(async () => {
    await using server = await startRedis();
    const driver = redisStreamDriver({ addresses: [server.address] }, {
      ...LONG_COMMAND_TIMEOUT,
      "df_redis.ping_interval": "10",
      "df_redis.stream_max_age": String(MAX_AGE),
    });
    await using subscriber = await driver.openSubscriber();
    const reader = new FrameReader(subscriber);
    subscriber.registerTopic("D", { since: "start" });
    await subscriber.ready();
    commandsNow(server, add("read"));
    await reader.has("D|read");
    await eventually(
      () => server.cli(["info", "clients"]),
      (info) => /blocked_clients:1/.test(info),
    );
    // The reply to the read that waits has the next event only.
    commandsNow(server, add("next"), add("trimmed"));
    standStill();
    commandsNow(server, add("kept"), `XTRIM ${streamKey("D")} MAXLEN 1`);
    await reader.has("D|kept");
    const gap = "later events of its stream were trimmed before they were read";
    assert.deepEqual(reader.gaps, [`D|${gap}`]);
    const frames = ["D|<start>", "D|<end>", "D|read", "D|next", "D|", "D|kept"];
    assert.deepEqual(reader.frames, frames);
  });
});

Deno.test("redis streams say that no answer came in time, when the server is silent", async () => {
  await using server = await startRedis();
  await using subscriber = await redisStreamDriver({ addresses: [server.address] })
    .openSubscriber();
  const health = new HealthReader(subscriber.health);
  subscriber.registerTopic("D");
  await subscriber.ready();
  server.signal("SIGSTOP");
  await health.has("disconnected");
  const [reason] = health.events.flatMap((event) => "reason" in event ? [event.reason] : []);
  assert.match(reason ?? "", /^(no answer before the timeout|the server has gone silent)$/);
});

Deno.test("redis streams catch up over a slow link, when a read takes longer than a command may", async () => {
  await withoutLeaks(async () => {
    await using server = await startRedis();
    await using publisher = await redisStreamDriver({ addresses: [server.address] })
      .openPublisher();
    const event = new Uint8Array(2_000);
    await Promise.all(Array.from({ length: 1_000 }, () => publisher.send("D", event)));
    await using link = await startProxy(server.port, undefined, slowly);
    // In redisContext a command may take 0.5 s. These events take more than a second.
    const driver = redisStreamDriver({ addresses: [new URL(link.uri).host] });
    await using subscriber = await driver.openSubscriber();
    const health = new HealthReader(subscriber.health);
    const reader = new FrameReader(subscriber);
    subscriber.registerTopic("D", { since: "start" });
    await reader.has("D|<end>");
    assert.equal(reader.frames.length, 1_002);
    assert(!health.kinds.includes("disconnected"));
  });
});

/** Passes on 1.6 MB per second. */
function slowly(): Passage {
  return new TransformStream({
    async transform(chunk, controller) {
      for (let at = 0; at < chunk.length; at += 16_000) {
        const part = chunk.slice(at, at + 16_000);
        await pause(part.length / 1_600);
        controller.enqueue(part);
      }
    },
  });
}

function add(text: string): string {
  return `XADD ${streamKey("D")} * e ${text}`;
}

/** Executes commands in one process, while this process does nothing else. */
function commandsNow({ host, port }: RedisNode, ...commands: readonly string[]): void {
  const script = `printf '%s\\n' "$@" | "$0" -e -h ${host} -p ${port}`;
  const args = ["-c", script, programPath("redis-cli"), ...commands];
  const { success } = new Deno.Command("sh", { args }).outputSync();
  assert(success);
}

/** Blocks the event loop until events are old. */
function standStill(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, MAX_AGE * 1_000);
}
