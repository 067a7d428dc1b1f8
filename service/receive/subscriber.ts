import type { HealthEvent } from "../../drivers/contract/health.ts";
import type {
  Frame,
  FrameSubscriber,
  ServiceAnnouncement,
  TopicOptions,
} from "../../drivers/contract/pubsub.ts";
import type { WaitOptions } from "../../drivers/contract/waiting.ts";
import type { Clock } from "../base/clock.ts";
import { decodeUpdate } from "../event/codec/decode.ts";
import { WireError } from "../event/codec/wire_error.ts";
import type { DbUpdate } from "../event/db_update.ts";
import type { RefusalLog } from "../base/refusal_log.ts";

/** How a {@linkcode Subscriber} judges and reports what it receives. */
export interface SubscriberOptions {
  /** Maximum size of a payload, in bytes. */
  readonly maxEventBytes: number;
  /** Where payloads that cannot be decoded are counted and reported. */
  readonly refusals: RefusalLog;
  /** What tells when an update was received. */
  readonly clock: Pick<Clock, "now">;
}

/** An update, and how it came. */
export interface ReceivedUpdate {
  /** The update. */
  readonly update: DbUpdate;
  /** On a transport with addresses: that of its publisher. */
  readonly address: string | undefined;
}

/** A place where events of a topic are lost, and the driver cannot say which. */
export interface ReceivedGap {
  /** Why they are lost. */
  readonly gap: string;
  /** Their topic. */
  readonly topic: string;
  /** On a transport with addresses: that of their publisher. */
  readonly address: string | undefined;
}

/** What a subscriber receives. */
export type Received = ReceivedUpdate | ReceivedGap;

/** Receives updates through a driver: decodes them, and counts and drops what cannot be decoded. */
export class Subscriber implements AsyncDisposable {
  readonly #frames: FrameSubscriber;
  readonly #options: SubscriberOptions;

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

  /** Follows one more publisher. @throws {DriverError} `ADDRESS_INVALID` */
  registerListenAddress(address: string): void {
    this.#frames.registerListenAddress(address);
  }

  /** Leaves a publisher. */
  unregisterListenAddress(address: string): void {
    this.#frames.unregisterListenAddress(address);
  }

  /** What the publisher at an address says of itself; undefined when it says nothing. */
  announcementOf(address: string): ServiceAnnouncement | undefined {
    return this.#frames.announcementOf?.(address);
  }

  /** Subscribes to a topic. @throws {RangeError} for an invalid topic or `since` */
  registerTopic(topic: string, options?: TopicOptions): void {
    this.#frames.registerTopic(topic, options);
  }

  /** Unsubscribes from a topic. */
  unregisterTopic(topic: string): void {
    this.#frames.unregisterTopic(topic);
  }

  /** Resolves when every registered topic is live at every registered address, or those named. */
  ready(options?: WaitOptions & { readonly addresses?: readonly string[] }): Promise<void> {
    return this.#frames.ready(options);
  }

  /** The updates, in batches that are never empty, in each publisher's order. For one reader. */
  async *updates(): AsyncIterable<DbUpdate[]> {
    for await (const batch of this.received()) {
      const updates = batch.flatMap((each) => "update" in each ? [each.update] : []);
      if (updates.length > 0) yield updates;
    }
  }

  /**
   * The same, and gaps in their places among them; empty when nothing of a batch could be decoded.
   * One reader of either.
   */
  async *received(): AsyncIterable<Received[]> {
    for await (const batch of this.#frames.batches()) {
      const received: Received[] = [];
      const timestamp = this.#options.clock.now();
      for (const frame of batch) {
        const item = this.#decode(frame, timestamp);
        if (item !== undefined) received.push(item);
      }
      yield received;
    }
  }

  #decode(frame: Frame, timestamp: number): Received | undefined {
    const { gap, topic, address } = frame;
    if (gap !== undefined) return { gap, topic, address };
    try {
      return this.#decodeUpdate(frame, timestamp);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.#options.refusals.note(error.code, error.message);
      return undefined;
    }
  }

  #decodeUpdate({ payload, topic, position, address }: Frame, timestamp: number): ReceivedUpdate {
    const { maxEventBytes: maxBytes } = this.#options;
    const update = decodeUpdate(payload, topic, { maxBytes, timestamp });
    return { update: position === undefined ? update : { ...update, position }, address };
  }

  /** Closes all of it at once. Disposing twice is fine. */
  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve(this.#frames[Symbol.asyncDispose]());
  }
}
