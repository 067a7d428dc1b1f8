import assert from "node:assert/strict";
import { setTimeout } from "node:timers/promises";
import { bytesOf, FrameReader } from "../../support/frame_reader.ts";
import { HealthReader } from "../../support/health_reader.ts";
import { ZmtpPub, ZmtpSub } from "../../support/zmq/zmtp_client.ts";
import { portOf, test } from "../../support/zmq/zmq_test.ts";

const TIMEOUT_MS = 200;
const SETTINGS = { "df_zmq.heartbeat_interval": "0.1", "df_zmq.heartbeat_timeout": "0.2" };

test("keeps a subscriber that answers no heartbeat, and sends it everything", async (bus) => {
  const publisher = await bus.publisher();
  using subscriber = await ZmtpSub.connect(Number(portOf(publisher.address)));
  const text = new SubscriberText(subscriber);
  await subscriber.subscribe("D");
  for (let sent = 0; !text.has("live"); sent++) {
    publisher.trySend("D", bytesOf("live"));
    await Promise.race([text.read(), setTimeout(20)]);
  }
  const end = performance.now() + 6 * TIMEOUT_MS;
  let sent = 0;
  for (; performance.now() < end; sent++) {
    await publisher.send("D", bytesOf(`<${sent}>`));
    await setTimeout(TIMEOUT_MS / 4);
  }
  while (!text.has(`<${sent - 1}>`)) await text.read();
  assert.deepEqual(text.numbers, Array.from({ length: sent }, (_, number) => number));
}, SETTINGS);

test("keeps a publisher that answers no heartbeat, and sends it no reports", async (bus) => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const subscriber = await bus.subscriber();
  const reader = new FrameReader(subscriber);
  // Reports of applied events would be due.
  subscriber.markApplied?.(0);
  const health = new HealthReader(subscriber.health);
  subscriber.registerTopic("D");
  subscriber.registerListenAddress(`tcp://127.0.0.1:${listener.addr.port}`);
  using publisher = await ZmtpPub.accept(listener);
  await health.has("live handshake");
  const closed = publisher.untilClosed();
  const kept = await Promise.race([closed, setTimeout(6 * TIMEOUT_MS, "kept")]);
  assert.equal(kept, "kept");
  await publisher.send("D", "event");
  await reader.has("D|event");
  subscriber.markApplied?.(1);
  assert.deepEqual(health.kinds, ["connected", "live handshake"]);
  await subscriber[Symbol.asyncDispose]();
  assert.doesNotMatch(String(await closed), /X-DF/);
}, SETTINGS);

test("receives its topic, after many more events of others than it queues", async (bus) => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { subscriber, reader } = await bus.reading("D", "other");
  subscriber.registerListenAddress(`tcp://127.0.0.1:${listener.addr.port}`);
  using publisher = await ZmtpPub.accept(listener);
  const payload = "x".repeat(30_000);
  const send = async () => {
    for (let sent = 0; sent < 500; sent++) await publisher.send("D of others", payload);
    await publisher.send("D", "event");
  };
  const sending = send().catch(() => {});
  await reader.has("D|event");
  await sending;
});

test("disconnects a peer, when its subscription is far too long", async (bus) => {
  const publisher = await bus.publisher();
  const health = new HealthReader(publisher.health);
  const { reader } = await bus.reading("D", "é".repeat(128));
  using attacker = await ZmtpSub.connect(Number(portOf(publisher.address)));
  await health.has("peer-joined", 2);
  await attacker.subscribe("x".repeat(100_000)).catch(() => {});
  await health.has("peer-left");
  await publisher.send("é".repeat(128), bytesOf("longest topic"));
  await publisher.send("D", bytesOf("1"));
  await reader.has("D|1");
  assert.deepEqual(reader.frames, [`${"é".repeat(128)}|longest topic`, "D|1"]);
});

/** The text that a subscriber has read. */
class SubscriberText {
  readonly #subscriber: ZmtpSub;
  #text = "";
  #reading: Promise<void> | undefined;

  constructor(subscriber: ZmtpSub) {
    this.#subscriber = subscriber;
  }

  has(text: string): boolean {
    return this.#text.includes(text);
  }

  get numbers(): number[] {
    return [...this.#text.matchAll(/<(\d+)>/g)].map(([, number]) => Number(number));
  }

  /** Reads once more, or waits for the read in progress. */
  read(): Promise<void> {
    return this.#reading ??= this.#readOnce().finally(() => this.#reading = undefined);
  }

  async #readOnce(): Promise<void> {
    const bytes = await this.#subscriber.read(65_536);
    if (bytes === null) throw new Error(`the publisher cut the connection after ${this.#text}`);
    this.#text += new TextDecoder("latin1").decode(bytes);
  }
}
