import type { HealthEvent } from "../../drivers/contract/health.ts";
import type { Frame, FrameSubscriber, TopicOptions } from "../../drivers/contract/pubsub.ts";
import type { WaitOptions } from "../../drivers/contract/waiting.ts";
import type { Clock } from "../base/clock.ts";
import { decodeUpdate } from "../event/codec/decode.ts";
import { WireError } from "../event/codec/wire_error.ts";
import type { DbUpdate } from "../event/db_update.ts";
import { isPrivateTopic } from "../event/codec/topic.ts";
import { decodeHello, type Hello, topicOfHello } from "../protocol/hello.ts";
import type { RefusalLog } from "../base/refusal_log.ts";

/** How a {@linkcode Subscriber} judges and reports what it receives. */
export interface SubscriberOptions {
  /** The most octets of a payload. */
  readonly maxEventBytes: number;
  /** Where what is no event is counted and reported. */
  readonly refusals: RefusalLog;
  /** What tells when an update was received. */
  readonly clock: Pick<Clock, "now">;
}

/** An update, and how it came. */
export interface ReceivedUpdate {
  /** The update. */
  readonly update: DbUpdate;
  /** Of its payload. */
  readonly octets: number;
  /** On a transport with addresses: that of its publisher. */
  readonly address: string | undefined;
}

/** A publisher's word on where a topic stands. */
export interface ReceivedHello {
  /** What it said. */
  readonly hello: Hello;
  /** On a transport with addresses: that of its publisher. */
  readonly address: string | undefined;
}

/** What a subscriber receives. */
export type Received = ReceivedUpdate | ReceivedHello;

/** How far the frames have come: what is read after a moment is none of those read before it. */
export interface Arrivals {
  /** Frames that the driver has read. */
  readonly read: number;
  /** Those of them that came before the batch in hand. */
  readonly taken: number;
}

/** Receives updates through a driver: decodes them, and counts and drops what is none. */
export class Subscriber implements AsyncDisposable {
  readonly #frames: FrameSubscriber;
  readonly #options: SubscriberOptions;
  #taken = 0;

  /**
   * Nothing is opened or read yet.
   *
   * @param frames a driver's subscriber, which is closed with this one
   */
  constructor(frames: FrameSubscriber, options: SubscriberOptions) {
    this.#frames = frames;
    this.#options = options;
  }

  /** The state of the driver's connections. */
  get health(): AsyncIterable<HealthEvent> {
    return this.#frames.health;
  }

  /** How far the frames have come, as of now. */
  get arrivals(): Arrivals {
    return { read: this.#frames.counters.received, taken: this.#taken };
  }

  /** Follows one more publisher. @throws {DriverError} `ADDRESS_INVALID` */
  registerListenAddress(address: string): void {
    this.#frames.registerListenAddress(address);
  }

  /** Leaves a publisher. */
  unregisterListenAddress(address: string): void {
    this.#frames.unregisterListenAddress(address);
  }

  /** Also hears this topic. @throws {RangeError} for a topic, or a `since`, that is none */
  registerTopic(topic: string, options?: TopicOptions): void {
    this.#frames.registerTopic(topic, options);
  }

  /** Hears it no more. */
  unregisterTopic(topic: string): void {
    this.#frames.unregisterTopic(topic);
  }

  /** Resolves when every registered topic is live at every registered address, or those named. */
  ready(options?: WaitOptions & { readonly addresses?: readonly string[] }): Promise<void> {
    return this.#frames.ready(options);
  }

  /** The updates, in batches, never empty, in each publisher's order. One reader. */
  async *updates(): AsyncIterable<DbUpdate[]> {
    for await (const batch of this.received()) {
      const updates = batch.flatMap((each) => "update" in each ? [each.update] : []);
      if (updates.length > 0) yield updates;
    }
  }

  /** The same, and hellos among them as they came. One reader of either. */
  async *received(): AsyncIterable<Received[]> {
    for await (const batch of this.#frames.batches()) {
      const received: Received[] = [];
      const timestamp = this.#options.clock.now();
      for (const frame of batch) {
        const item = this.#decode(frame, timestamp);
        if (item !== undefined) received.push(item);
      }
      if (received.length > 0) yield received;
      this.#taken += batch.length;
    }
  }

  #decode(frame: Frame, timestamp: number): Received | undefined {
    try {
      return isPrivateTopic(frame.topic)
        ? { hello: helloOf(frame), address: frame.address }
        : this.#decodeUpdate(frame, timestamp);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.#options.refusals.note(error.code, error.message);
      return undefined;
    }
  }

  #decodeUpdate({ payload, topic, position, address }: Frame, timestamp: number): ReceivedUpdate {
    const { maxEventBytes: maxBytes } = this.#options;
    const update = decodeUpdate(payload, topic, { maxBytes, timestamp });
    const octets = payload.length;
    if (position === undefined) return { update, octets, address };
    return { update: { ...update, position }, octets, address };
  }

  /** Closes all of it at once. Disposing twice is fine. */
  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve(this.#frames[Symbol.asyncDispose]());
  }
}

function helloOf({ topic, payload }: Frame): Hello {
  const hello = decodeHello(payload);
  if (hello.topic === topicOfHello(topic)) return hello;
  const is = `about ${JSON.stringify(hello.topic)} under ${JSON.stringify(topic)}`;
  throw new WireError("TOPIC_INVALID", `Hello "topic": ${is}, wanted U+0001 and that topic`);
}
