import type { Frame, FramePublisher, FrameSubscriber } from "../drivers/contract/pubsub.ts";
import { messageOf } from "../drivers/contract/errors.ts";
import { decodeUpdate } from "./codec/decode.ts";
import { encodeUpdate } from "./codec/encode.ts";
import { PayloadChecker } from "./codec/payload_checker.ts";
import { WireError } from "./codec/wire_error.ts";
import type { PublisherOptions } from "./publisher.ts";
import type { RefusalLog } from "./refusal_log.ts";

/** What a {@linkcode Relay} works with. */
export interface RelayOptions extends PublisherOptions {
  readonly refusals: RefusalLog;
  /** Called at most once a batch, when an event of it is a sign of life. */
  readonly onActivity: () => void;
}

/** Totals since the relay was made. */
export interface RelayCounters {
  readonly relayed: number;
  /** Relayed in the other shape than they came in. */
  readonly converted: number;
  readonly refused: number;
}

/**
 * Hands the events of local publishers on to the network.
 *
 * The hot path of the service: an event is checked where it lies and its octets go on as they are.
 * Only an event in the other shape than the configured one is decoded and written anew, so that
 * a bus carries one shape. What is no event is counted, reported and dropped.
 */
export class Relay {
  readonly #source: FrameSubscriber;
  readonly #sink: FramePublisher;
  readonly #options: RelayOptions;
  readonly #checker: PayloadChecker;
  readonly #counters = { relayed: 0, converted: 0, refused: 0 };

  constructor(source: FrameSubscriber, sink: FramePublisher, options: RelayOptions) {
    this.#source = source;
    this.#sink = sink;
    this.#options = options;
    this.#checker = new PayloadChecker({ maxBytes: options.maxEventBytes });
  }

  get counters(): RelayCounters {
    return { ...this.#counters };
  }

  /** Relays until the source ends. No event ends it. */
  async run(): Promise<void> {
    for await (const batch of this.#source.batches()) {
      const unsent = this.#relayAll(batch, 0);
      if (unsent < batch.length) await this.#relayWaiting(batch, unsent);
    }
  }

  /** Relays without waiting; returns the index of the first frame the sink had no room for. */
  #relayAll(batch: readonly Frame[], from: number): number {
    let isActive = false;
    let index = from;
    for (; index < batch.length; index++) {
      const frame = batch[index];
      if (frame === undefined || !this.#isEvent(frame)) continue;
      if (!this.#checker.isPublisherTable) isActive = true;
      if (!this.#trySend(frame)) break;
    }
    if (isActive) this.#options.onActivity();
    return index;
  }

  async #relayWaiting(batch: readonly Frame[], from: number): Promise<void> {
    let index = from;
    while (index < batch.length) {
      const frame = batch[index];
      if (frame !== undefined) await this.#sendWaiting(frame);
      index = this.#relayAll(batch, index + 1);
    }
  }

  #isEvent(frame: Frame): boolean {
    try {
      this.#checker.check(frame.payload);
      return true;
    } catch (error) {
      this.#refuse(error);
      return false;
    }
  }

  /** False when there is no room; what can never be sent counts as dealt with. */
  #trySend(frame: Frame): boolean {
    try {
      if (!this.#sink.trySend(frame.topic, this.#payloadOf(frame))) return false;
      this.#counters.relayed++;
    } catch (error) {
      this.#refuse(error);
    }
    return true;
  }

  async #sendWaiting(frame: Frame): Promise<void> {
    const bounds = { timeoutMs: this.#options.sendTimeoutMs };
    try {
      await this.#sink.send(frame.topic, this.#payloadOf(frame), bounds);
      this.#counters.relayed++;
    } catch (error) {
      this.#refuse(error);
    }
  }

  #payloadOf({ topic, payload }: Frame): Uint8Array {
    const { format, maxEventBytes } = this.#options;
    if (this.#checker.shape === format) return payload;
    this.#counters.converted++;
    const limit = { maxBytes: maxEventBytes };
    return encodeUpdate(decodeUpdate(payload, topic, limit), format, limit);
  }

  #refuse(error: unknown): void {
    this.#counters.refused++;
    const kind = error instanceof WireError ? error.code : "NOT_SENT";
    this.#options.refusals.note(kind, messageOf(error));
  }
}
