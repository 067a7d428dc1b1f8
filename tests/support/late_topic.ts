import assert from "node:assert/strict";
import type { PubSubDriver } from "../../drivers/contract/pubsub.ts";
import { bytesOf, FrameReader } from "./frame_reader.ts";
import { HealthReader } from "./health_reader.ts";
import { type Passage, startProxy } from "./tcp_proxy.ts";

const READY_MS = 30_000;

/** When a topic is registered: with a connection that is then lost, or without one. */
export const LATE_TOPICS = [
  { isConnected: true, when: "just before the connection is lost" },
  { isConnected: false, when: "while there is no connection" },
];

/**
 * Checks that a subscriber reports a gap for a topic that it registers too late.
 *
 * @param server the `host:port` of the broker
 * @param driverAt returns a driver that connects to an address
 */
export async function assertLateTopicHasGap(
  server: string,
  driverAt: (address: string) => PubSubDriver,
  isConnected: boolean,
): Promise<void> {
  let isSilent = false;
  const requests = (): Passage =>
    new TransformStream({
      transform: (bytes, passage) => isSilent ? undefined : passage.enqueue(bytes),
    });
  await using link = await startProxy(Number(server.split(":")[1]), requests);
  await using publisher = await driverAt(server).openPublisher();
  await using subscriber = await driverAt(new URL(link.uri).host).openSubscriber();
  const health = new HealthReader(subscriber.health);
  const reader = new FrameReader(subscriber);
  subscriber.registerTopic("D");
  await subscriber.ready({ timeoutMs: READY_MS });
  isSilent = isConnected;
  if (isConnected) subscriber.registerTopic("late");
  link.cut();
  await health.has("disconnected");
  if (!isConnected) subscriber.registerTopic("late");
  await publisher.send("late", bytesOf("1"));
  isSilent = false;
  link.mend();
  await subscriber.ready({ timeoutMs: READY_MS });
  await publisher.send("late", bytesOf("2"));
  await reader.has("late|2");
  const gap = isConnected
    ? "the connection was lost before the topic was live"
    : "the topic was subscribed to while there was no connection";
  assert.deepEqual([reader.frames, reader.gaps], [["late|", "late|2"], [`late|${gap}`]]);
}
