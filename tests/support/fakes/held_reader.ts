import type { FramePublisher, FrameSubscriber } from "../../../drivers/contract/pubsub.ts";
import type { Bus } from "../../contract/pubsub_bus.ts";
import { FrameReader } from "../frame_reader.ts";
import { HealthReader } from "../health_reader.ts";
import { startProxy } from "../tcp_proxy.ts";
import { portOf } from "../zmq/zmq_test.ts";

/** A subscriber to all past events of "D", whose reader takes one batch and then waits. */
export interface HeldReader {
  readonly subscriber: FrameSubscriber;
  readonly reader: FrameReader;
  /** Lets the reader take the rest. */
  goOn(): void;
}

/** Makes one that is not connected yet. */
export async function heldReader(bus: Bus): Promise<HeldReader> {
  const subscriber = await bus.subscriber();
  const { promise, resolve: goOn } = Promise.withResolvers<void>();
  const reader = new FrameReader(subscriber, promise);
  subscriber.registerTopic("D", { since: "start" });
  return { subscriber, reader, goOn };
}

/** Makes one whose connection is lost once, after this frame, and is live again. */
export async function interruptedReader(
  bus: Bus,
  publisher: FramePublisher,
  frame: string,
): Promise<HeldReader & AsyncDisposable> {
  const proxy = await startProxy(Number(portOf(publisher.address)));
  const held = await heldReader(bus);
  const health = new HealthReader(held.subscriber.health);
  held.subscriber.registerListenAddress(proxy.uri);
  await held.reader.has(frame);
  proxy.cut();
  await health.has("disconnected");
  proxy.mend();
  await health.has("live confirmed", 2);
  return { ...held, [Symbol.asyncDispose]: () => proxy[Symbol.asyncDispose]() };
}
