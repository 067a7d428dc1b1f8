import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { streamKey } from "../../../drivers/_internal/redis/stream/topic.ts";
import { decodeUpdate } from "../../../service/event/codec/decode.ts";
import { encodeUpdate } from "../../../service/event/codec/encode.ts";
import { dbUpdate } from "../../../service/event/db_update.ts";
import { bytesOf } from "../../support/frame_reader.ts";
import { withoutLeaks } from "../../support/handles.ts";
import { redisDriver, redisStreamDriver } from "../../support/redis/drivers.ts";
import { startRedis } from "../../support/redis/server.ts";
import { HealthReader } from "../../support/health_reader.ts";

const PEER = fileURLToPath(new URL("../../support/redis/bus_peer.py", import.meta.url));
const LIMIT = { maxBytes: 1 << 20 };

/** Captured from the original: a text of its releases, and a map of its last state. */
const RELEASED = "da0050" + hex(bytesOf(
  '{"action": "create", "table": "lport", "topic": "D", "value": null, "key": "k1"}',
));
const HEAD =
  "85a57461626c65a56c706f7274a36b6579a26b31a6616374696f6ea6637265617465a576616c7565c0a5746f706963a144";
/** The message that the original's last state sends to itself every three seconds. */
const HA = "85a57461626c65a26861a36b6579a56e6f646573a6616374696f6ea3736574a576616c7565a27b7d" +
  "a5746f706963a57265646973";

const UPDATE = dbUpdate({ table: "lport", key: "k1", action: "create", timestamp: 0 });

function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function spawn(port: number, args: readonly string[]): Deno.ChildProcess {
  const command = new Deno.Command("/usr/bin/python3", {
    args: [PEER, String(port), ...args],
    stdout: "piped",
  });
  return command.spawn();
}

async function run(port: number, ...args: readonly string[]): Promise<unknown[]> {
  const { stdout, success } = await spawn(port, args).output();
  assert(success, `the peer could not ${args.join(" ")}: apt-get install python3-redis`);
  const lines = new TextDecoder().decode(stdout).split("\n").filter((line) => line !== "");
  return lines.map((line) => JSON.parse(line));
}

Deno.test("redis receives the original's events from another client, and ignores its other messages", async () => {
  await withoutLeaks(async () => {
    await using server = await startRedis();
    const driver = redisDriver({ addresses: [server.address] });
    await using subscriber = await driver.openSubscriber();
    subscriber.registerTopic("redis");
    await subscriber.ready();
    await run(server.port, "publish", "redis", HA, RELEASED, "ff00", HA, HEAD, "");
    const received: string[] = [];
    for await (const batch of subscriber.batches()) {
      for (const { payload } of batch) received.push(hex(payload));
      if (received.includes("")) break;
    }
    assert.deepEqual(received, [RELEASED, "ff00", HEAD, ""]);
    for (const each of [RELEASED, HEAD]) {
      const payload = Uint8Array.from(each.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
      const { table, key, action } = decodeUpdate(payload, "redis", LIMIT);
      assert.deepEqual([table, key, action], ["lport", "k1", "create"]);
    }
    assert.equal(subscriber.counters.dropped, 0);
  });
});

Deno.test("redis ignores messages of sentinels and about keys, when it receives every topic", async () => {
  await withoutLeaks(async () => {
    await using server = await startRedis();
    await server.cli(["config", "set", "notify-keyspace-events", "KEA"]);
    await using subscriber = await redisDriver({ addresses: [server.address] }).openSubscriber();
    subscriber.registerAllTopics?.();
    await subscriber.ready();
    await server.cli(["publish", "__sentinel__:hello", "127.0.0.1,26379"]);
    await server.cli(["set", "{lport.}k1", "{}"]);
    await server.cli(["publish", "__topic__", "1"]);
    for await (const batch of subscriber.batches()) {
      assert.deepEqual(batch.map(({ topic }) => topic), ["__topic__"]);
      break;
    }
  });
});

Deno.test("redis frames arrive byte by byte at another client", async () => {
  await withoutLeaks(async () => {
    await using server = await startRedis();
    await using publisher = await redisDriver({ addresses: [server.address] }).openPublisher();
    const child = spawn(server.port, ["subscribe", "D", "2"]);
    const lines = child.stdout.pipeThrough(new TextDecoderStream());
    let text = "";
    let isSent = false;
    for await (const chunk of lines) {
      text += chunk;
      if (isSent || !text.includes("ready")) continue;
      isSent = true;
      for (const shape of ["json", "map"] as const) {
        await publisher.send("D", encodeUpdate(UPDATE, shape, LIMIT));
      }
    }
    await child.status;
    const [, released, head] = text.trim().split("\n").map((line) => JSON.parse(line));
    assert.equal(head.hex, HEAD);
    assert.equal(JSON.parse(released.decoded).key, "k1");
  });
});

Deno.test("redis streams can be read and written by another client", async () => {
  await withoutLeaks(async () => {
    await using server = await startRedis();
    const driver = redisStreamDriver({ addresses: [server.address] });
    await using publisher = await driver.openPublisher();
    await publisher.send("D", encodeUpdate(UPDATE, "map", LIMIT));
    await run(server.port, "xadd", streamKey("D"), "e", RELEASED);
    await run(server.port, "xadd", streamKey("D"), "foreign", "00");
    await run(server.port, "xadd", streamKey("D"), "e", "");
    const entries = await run(server.port, "xrange", streamKey("D"));
    assert.deepEqual(entries.map((entry) => JSON.parse(JSON.stringify(entry)).hex), [
      HEAD,
      RELEASED,
      "00",
      "",
    ]);
    await using subscriber = await driver.openSubscriber();
    subscriber.registerTopic("D", { since: "start" });
    const received: string[] = [];
    for await (const batch of subscriber.batches()) {
      for (const { payload, past } of batch) received.push(past?.kind ?? hex(payload));
      if (received.includes("end")) break;
    }
    assert.deepEqual(received, ["start", HEAD, RELEASED, "", "end"]);
    assert.deepEqual(subscriber.counters.dropped, 1);
  });
});

Deno.test("redis drops and counts a payload that is too large, and continues", async () => {
  await withoutLeaks(async () => {
    await using server = await startRedis();
    const driver = redisDriver({ addresses: [server.address] }, {
      "df.pub_sub_max_event_bytes": "1024",
    });
    await using subscriber = await driver.openSubscriber();
    const health = new HealthReader(subscriber.health);
    subscriber.registerTopic("D");
    await subscriber.ready();
    await server.cli(["publish", "D", "x".repeat(1025)]);
    await server.cli(["publish", "D", "x".repeat(1024)]);
    for await (const batch of subscriber.batches()) {
      assert.equal(batch[0]?.payload.length, 1024);
      break;
    }
    assert.equal(subscriber.counters.dropped, 1);
    await health.has("dropped frame-too-large");
  });
});
