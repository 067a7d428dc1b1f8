import type { HealthEvent } from "../../drivers/contract/health.ts";
import type {
  Frame,
  FrameSubscriber,
  PastMark,
  ServiceAnnouncement,
  TopicOptions,
} from "../../drivers/contract/pubsub.ts";
import type { WaitOptions } from "../../drivers/contract/waiting.ts";
import type { Clock } from "../base/clock.ts";
import { decodeUpdate } from "../event/codec/decode.ts";
import { WireError } from "../event/codec/wire_error.ts";
import type { DbUpdate } from "../event/db_update.ts";
import type { RefusalLog } from "../base/refusal_log.ts";

/**
 * Maximum number of events of a batch. Their objects have to be small beside the young generation:
 * the collector copies those that are in use, and there may be thousands of frames.
 */
const MAX_DECODED = 128;

/** Options of a {@linkcode Subscriber}. */
export interface SubscriberOptions {
  /** Maximum size of a payload, in bytes. */
  readonly maxEventBytes: number;
  /** Counts and logs payloads that cannot be decoded. */
  readonly refusals: RefusalLog;
  /** Tells when an event was received. */
  readonly clock: Pick<Clock, "now">;
}

interface Arrival {
  /** The topic under which it arrived. */
  readonly topic: string;
  /** The address of the publisher, on a transport with addresses. */
  readonly address: string | undefined;
  /** Number of frames that arrived before it. */
  readonly number: number;
}

/** A received event. */
export interface ReceivedUpdate extends Arrival {
  readonly update: DbUpdate;
}

/** A place in a topic where the driver has lost an unknown number of events. */
export interface ReceivedGap extends Arrival {
  /** Why they are lost. */
  readonly gap: string;
}

/** A place in a topic where its past begins or ends. */
export interface ReceivedPast extends Arrival {
  readonly past: PastMark;
}

/** An event, a gap, or a place in a topic that begins in the past. */
export type Received = ReceivedUpdate | ReceivedGap | ReceivedPast;

/**
 * Receives events through a driver: decodes them, and counts and drops payloads that cannot be
 * decoded.
 */
export class Subscriber implements AsyncDisposable {
  readonly #frames: FrameSubscriber;
  readonly #options: SubscriberOptions;
  #handedOut = 0;

  /**
   * Creates it without reading anything.
   *
   * @param frames a driver's subscriber, which is closed together with this one
   */
  constructor(frames: FrameSubscriber, options: SubscriberOptions) {
    this.#frames = frames;
    this.#options = options;
  }

  /** The state of the driver's connections. */
  get health(): AsyncIterable<HealthEvent> {
    return this.#frames.health;
  }

  /** Number of frames in the batches of {@linkcode Subscriber.received} so far. */
  get handedOut(): number {
    return this.#handedOut;
  }

  /** Number of frames that have arrived, including the queued ones. */
  get arrived(): number {
    return this.#frames.arrived ?? this.#handedOut;
  }

  /** Follows another publisher. @throws {DriverError} `ADDRESS_INVALID` */
  registerListenAddress(address: string): void {
    this.#frames.registerListenAddress(address);
  }

  /** Stops following a publisher. */
  unregisterListenAddress(address: string): void {
    this.#frames.unregisterListenAddress(address);
  }

  /** What the publisher at an address announces about itself; undefined if it announces nothing. */
  announcementOf(address: string): ServiceAnnouncement | undefined {
    return this.#frames.announcementOf?.(address);
  }

  /** Why there is no connection to a publisher; undefined if there is one, or no known reason. */
  failureOf(address: string): string | undefined {
    return this.#frames.failureOf?.(address);
  }

  /** Subscribes to a topic. @throws {RangeError} for an invalid topic or `since` */
  registerTopic(topic: string, options?: TopicOptions): void {
    this.#frames.registerTopic(topic, options);
  }

  /** Unsubscribes from a topic. */
  unregisterTopic(topic: string): void {
    this.#frames.unregisterTopic(topic);
  }

  /**
   * Resolves when every registered topic is live at every registered address, or at `addresses`.
   */
  ready(options?: WaitOptions & { readonly addresses?: readonly string[] }): Promise<void> {
    return this.#frames.ready(options);
  }

  /**
   * The events and gaps in batches, in each publisher's order; a batch is empty if nothing could be
   * decoded. For one reader.
   */
  async *received(): AsyncIterable<Received[]> {
    for await (const batch of this.#frames.batches()) {
      const timestamp = this.#options.clock.now();
      for (let at = 0; at < batch.length; at += MAX_DECODED) {
        const first = this.#handedOut;
        this.#handedOut += Math.min(MAX_DECODED, batch.length - at);
        yield this.#decodeAll(batch.slice(at, at + MAX_DECODED), first, timestamp);
      }
    }
  }

  #decodeAll(frames: readonly Frame[], first: number, timestamp: number): Received[] {
    const received: Received[] = [];
    let number = first;
    for (const frame of frames) {
      const item = this.#decode(frame, number++, timestamp);
      if (item !== undefined) received.push(item);
    }
    return received;
  }

  #decode(frame: Frame, number: number, timestamp: number): Received | undefined {
    const { gap, past, topic, address } = frame;
    if (gap !== undefined) return { gap, topic, address, number };
    if (past !== undefined) return { past, topic, address, number };
    try {
      return { update: this.#decodeUpdate(frame, timestamp), topic, address, number };
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.#options.refusals.note(error.code, error.message);
      return undefined;
    }
  }

  #decodeUpdate({ payload, topic, position }: Frame, timestamp: number): DbUpdate {
    const { maxEventBytes: maxBytes } = this.#options;
    const update = decodeUpdate(payload, topic, { maxBytes, timestamp });
    return position === undefined ? update : { ...update, position };
  }

  /** Closes the subscriber. */
  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve(this.#frames[Symbol.asyncDispose]());
  }
}
