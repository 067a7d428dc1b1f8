import { silentLogger } from "../../drivers/contract/logger.ts";
import type { FramePublisher, PubSubDriver } from "../../drivers/contract/pubsub.ts";
import { loadPubSubDriver } from "../../drivers/registry.ts";
import { Sequence } from "../support/sequence.ts";
import { tempDir } from "../support/temp_dir.ts";
import { type Overrides, testSettings } from "../support/test_settings.ts";

// Pairs of transports with the same wire format and no shared code, each in both directions.
const NETWORK_DRIVERS = ["zmq_pubsub_driver", "libzmq_pubsub_driver"];
const LOCAL_DRIVERS = ["zmq_pubsub_multiproc_driver", "libzmq_pubsub_multiproc_driver"];

/** Twice as many as either transport queues. */
const EVENTS = 100_000;
const EVENT_BYTES = 16;
const MAX_EVENT_BYTES = 256 * 1024;
/** Payload sizes at the limits of frames and buffers. */
const SIZES = [4, 255, 256, 8_191, 8_192, 65_535, 65_536, MAX_EVENT_BYTES];
const LIMITS = { timeoutMs: 10_000 };

function pairsOf(names: readonly string[]): (readonly [string, string])[] {
  return names.flatMap((from) =>
    names.filter((to) => to !== from).map((to) => [from, to] as const)
  );
}

function load(name: string, overrides: Overrides): Promise<PubSubDriver> {
  const settings = testSettings({
    "df.publisher_bind_address": "127.0.0.1",
    "df.publisher_port": "0",
    "df.pub_sub_max_event_bytes": String(MAX_EVENT_BYTES),
    ...overrides,
  });
  return loadPubSubDriver(name, { settings, log: silentLogger });
}

async function passAll(sequence: Sequence, publisher: FramePublisher): Promise<void> {
  await sequence.pass(publisher, EVENTS, EVENT_BYTES);
  for (const size of SIZES) await sequence.pass(publisher, 4, size);
}

for (const [from, to] of pairsOf(NETWORK_DRIVERS)) {
  Deno.test(`${from} publishes to ${to}: 100,000 events, every size, a publisher that restarts`, async () => {
    const [publishing, subscribing] = await Promise.all([load(from, {}), load(to, {})]);
    await using publisher = await publishing.openPublisher();
    const { address } = publisher;
    await using subscriber = await subscribing.openSubscriber();
    const sequence = new Sequence(subscriber, "D");
    subscriber.registerListenAddress(address);
    await subscriber.ready(LIMITS);
    await sequence.begin(publisher);
    await passAll(sequence, publisher);
    const lost = untilLost(subscriber.health);
    await publisher.close();
    await lost;
    const again = await load(from, { "df.publisher_port": new URL(address).port });
    await using restarted = await again.openPublisher();
    await subscriber.ready(LIMITS);
    await sequence.begin(restarted);
    await sequence.pass(restarted, 1_000, EVENT_BYTES);
  });
}

async function untilLost(health: AsyncIterable<{ readonly kind: string }>): Promise<void> {
  for await (const { kind } of health) if (kind === "disconnected") return;
}

for (const [from, to] of pairsOf(LOCAL_DRIVERS)) {
  Deno.test(`${from} pushes to ${to}: 100,000 events, every size, a service that restarts`, async () => {
    await using directory = await tempDir();
    const path = { "df.publisher_multiproc_socket": directory.join("socket") };
    const [pushing, pulling] = await Promise.all([load(from, path), load(to, path)]);
    await using subscriber = await pulling.openSubscriber();
    await using publisher = await pushing.openPublisher();
    const sequence = new Sequence(subscriber, "D");
    await passAll(sequence, publisher);
    const lost = untilLost(publisher.health);
    await subscriber[Symbol.asyncDispose]();
    await lost;
    await using restarted = await pulling.openSubscriber();
    await sequence.continuedAt(restarted).pass(publisher, 1_000, EVENT_BYTES);
  });
}
