import type { HealthEvent } from "../drivers/contract/health.ts";
import type {
  Frame,
  FrameSubscriber,
  TopicOptions,
  WaitOptions,
} from "../drivers/contract/pubsub.ts";
import type { Clock } from "./clock.ts";
import { decodeUpdate } from "./codec/decode.ts";
import { WireError } from "./codec/wire_error.ts";
import type { DbUpdate } from "./db_update.ts";
import type { RefusalLog } from "./refusal_log.ts";

/** How a {@linkcode Subscriber} judges and reports what it receives. */
export interface SubscriberOptions {
  /** The most octets of a payload. */
  readonly maxEventBytes: number;
  /** Where what is no event is counted and reported. */
  readonly refusals: RefusalLog;
  /** What tells when an update was received. */
  readonly clock: Pick<Clock, "now">;
}

/** Receives updates through a driver: decodes them, and counts and drops what is none. */
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
    for await (const batch of this.#frames.batches()) {
      const updates: DbUpdate[] = [];
      const timestamp = this.#options.clock.now();
      for (const frame of batch) {
        const update = this.#decode(frame, timestamp);
        if (update !== undefined) updates.push(update);
      }
      if (updates.length > 0) yield updates;
    }
  }

  #decode({ payload, topic, position }: Frame, timestamp: number): DbUpdate | undefined {
    try {
      const { maxEventBytes: maxBytes } = this.#options;
      const update = decodeUpdate(payload, topic, { maxBytes, timestamp });
      return position === undefined ? update : { ...update, position };
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.#options.refusals.note(error.code, error.message);
      return undefined;
    }
  }

  /** Closes all of it at once. Disposing twice is fine. */
  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve(this.#frames[Symbol.asyncDispose]());
  }
}
