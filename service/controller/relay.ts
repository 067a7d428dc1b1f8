import type { Frame, FramePublisher, FrameSubscriber } from "../../drivers/contract/pubsub.ts";
import type { WaitOptions } from "../../drivers/contract/waiting.ts";
import { DriverError, messageOf } from "../../drivers/contract/errors.ts";
import { decodeUpdate } from "../event/codec/decode.ts";
import { encodeUpdate } from "../event/codec/encode.ts";
import { PayloadChecker } from "../event/codec/payload_checker.ts";
import { checkTopic } from "../event/codec/topic.ts";
import { WireError } from "../event/codec/wire_error.ts";
import { withoutOrigin } from "../event/db_update.ts";
import type { Clock } from "../base/clock.ts";
import type { MissingValues } from "./missing_values.ts";
import { BatchMeter } from "./observability/batch_meter.ts";
import type { PublisherOptions } from "../publish/publisher.ts";
import type { RefusalLog } from "../base/refusal_log.ts";
import type { WarningFolder } from "../base/warning_folder.ts";

/** Where a {@linkcode Relay} sends to: a driver's publisher, or what stamps events on the way. */
export interface RelaySink extends FramePublisher {
  /** As a driver's; a local publisher's stamp from `stampOffset` on is replaced by the sink's own. */
  trySend(topic: string, payload: Uint8Array, stampOffset?: number): boolean;
  send(
    topic: string,
    payload: Uint8Array,
    options?: WaitOptions & { readonly stampOffset?: number },
  ): Promise<void>;
}

/** Keeps account of the events of local publishers that number them. */
export interface AcceptedEvents {
  /**
   * Told of every event that ended in a local publisher's stamp, once it is dealt with: relayed, or
   * refused for good. The payload is borrowed until the call returns.
   *
   * @param start where the publisher's id is in the payload
   * @param length how many octets of ASCII it has
   */
  note(payload: Uint8Array, start: number, length: number, isRelayed: boolean): void;
}

/** What a {@linkcode Relay} works with. */
export interface RelayOptions {
  /** How events are written, and how long a send waits. */
  readonly sending: PublisherOptions;
  readonly refusals: RefusalLog;
  readonly clock: Pick<Clock, "monotonic">;
  /** Told when the sink has had no room for a while, and when it has again. */
  readonly stalls: Pick<WarningFolder, "failure" | "success">;
  /** Called at most once a batch, when an event of it is a sign of life. */
  readonly onActivity: () => void;
  /** Told of what local publishers have numbered. @default nobody */
  readonly accepted?: AcceptedEvents | undefined;
  /** Reads the values that events lack, for the format `map`. @default they stay without */
  readonly values?: Pick<MissingValues, "read"> | undefined;
}

/** Totals since the relay was made. */
export interface RelayCounters {
  /** Events that the sink has taken. */
  readonly relayed: number;
  /** Relayed in the other shape than they came in. */
  readonly converted: number;
  /** Messages that were no event, or could not be sent. */
  readonly refused: number;
}

/** The least time between two reports of a sink without room, whatever a send may take. */
const MIN_STALL_MS = 1_000;

/**
 * Hands the events of local publishers on to the network.
 *
 * The hot path of the service: an event is checked where it lies and its octets go on as they are.
 * Only an event in the other shape than the configured one is decoded and written anew, so that
 * a bus carries one shape. What is no event is counted, reported and dropped. While the sink has no
 * room the relay waits and reads no more, so that publishers feel it and nothing is lost.
 */
export class Relay {
  /** Counts and times the batches of local publishers. */
  readonly batches: BatchMeter;
  readonly #source: FrameSubscriber;
  readonly #sink: RelaySink;
  readonly #options: RelayOptions;
  readonly #checker: PayloadChecker;
  readonly #counters = { relayed: 0, converted: 0, refused: 0 };
  /** Whether the batch at hand had a sign of life. */
  #isActive = false;
  /** Payloads of the batch at hand with the values that they lacked; undefined before any is wanted. */
  #filled: ReadonlyMap<Frame, Uint8Array> | undefined;

  constructor(source: FrameSubscriber, sink: RelaySink, options: RelayOptions) {
    this.#source = source;
    this.#sink = sink;
    this.#options = options;
    this.batches = new BatchMeter(options.clock);
    this.#checker = new PayloadChecker({ maxBytes: options.sending.maxEventBytes });
  }

  get counters(): RelayCounters {
    return { ...this.#counters };
  }

  /**
   * Relays until the source ends. No event ends it; an abort ends it where the sink has no room.
   * False when that left events behind.
   */
  async run(signal: AbortSignal = new AbortController().signal): Promise<boolean> {
    for await (const batch of this.#source.batches()) {
      this.batches.begin(batch);
      const unsent = this.#relayAll(batch, 0);
      const isThrough = unsent === batch.length || await this.#relayWaiting(batch, unsent, signal);
      this.#noteActivity();
      this.batches.end();
      this.#filled = undefined;
      if (!isThrough) return false;
    }
    return true;
  }

  #noteActivity(): void {
    if (this.#isActive) this.#options.onActivity();
    this.#isActive = false;
  }

  /** Relays without waiting; returns the index of the first frame that has to wait. */
  #relayAll(batch: readonly Frame[], from: number): number {
    let index = from;
    for (; index < batch.length; index++) {
      const frame = batch[index];
      if (frame === undefined || !this.#isEvent(frame)) continue;
      if (!this.#checker.isPublisherTable) this.#isActive = true;
      if (this.#wantsValue() || !this.#trySend(frame)) break;
    }
    return index;
  }

  /** Relays the rest of a batch. False when the signal was aborted before. */
  async #relayWaiting(
    batch: readonly Frame[],
    from: number,
    signal: AbortSignal,
  ): Promise<boolean> {
    for (let index = from; index < batch.length; index = this.#relayAll(batch, index + 1)) {
      const frame = batch[index];
      if (this.#wantsValue()) this.#filled = await this.#options.values?.read(batch, index);
      if (frame !== undefined && !(await this.#sendWaiting(frame, signal))) return false;
    }
    return true;
  }

  /** Whether the event that was checked last waits for its value. */
  #wantsValue(): boolean {
    return this.#checker.lacksValue && this.#filled === undefined &&
      this.#options.values !== undefined;
  }

  #isEvent(frame: Frame): boolean {
    try {
      checkTopic(frame.topic);
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
      if (!this.#sink.trySend(frame.topic, this.#payloadOf(frame), this.#stampOffset(frame))) {
        return false;
      }
      this.#countRelayed(frame);
    } catch (error) {
      this.#refuse(error, frame);
    }
    return true;
  }

  /** False when the signal was aborted before there was room. */
  async #sendWaiting(frame: Frame, signal: AbortSignal): Promise<boolean> {
    try {
      const payload = this.#payloadOf(frame);
      while (!(await this.#sendOnce(frame, payload, signal)));
      this.#countRelayed(frame);
    } catch (error) {
      if (signal.aborted) return false;
      this.#refuse(error, frame);
    }
    return true;
  }

  /** False when there was no room for as long as a send may take. */
  async #sendOnce(frame: Frame, payload: Uint8Array, signal: AbortSignal): Promise<boolean> {
    const { sending, stalls } = this.#options;
    try {
      const timeoutMs = Math.max(sending.sendTimeoutMs, MIN_STALL_MS);
      const stampOffset = this.#stampOffset(frame);
      await this.#sink.send(frame.topic, payload, { timeoutMs, signal, stampOffset });
      stalls.success();
      return true;
    } catch (error) {
      if (!(error instanceof DriverError && error.code === "SEND_TIMEOUT")) throw error;
      stalls.failure(error);
      return false;
    }
  }

  #payloadOf(frame: Frame): Uint8Array {
    const filled = this.#filled?.get(frame);
    if (filled !== undefined) return filled;
    const { topic, payload } = frame;
    const { format, maxEventBytes } = this.#options.sending;
    if (this.#checker.shape === format) return payload;
    const limit = { maxBytes: maxEventBytes };
    const update = withoutOrigin(decodeUpdate(payload, topic, limit));
    return encodeUpdate(update, format, limit);
  }

  /** Where the payload to be sent ends in a stamp; what was written anew has none. */
  #stampOffset(frame: Frame): number {
    if (this.#checker.shape !== this.#options.sending.format || this.#filled?.has(frame)) return -1;
    return this.#checker.stampOffset;
  }

  /** Counts the event that was checked last. */
  #countRelayed(frame: Frame): void {
    this.#counters.relayed++;
    this.#noteAccepted(frame, true);
    if (this.#checker.shape !== this.#options.sending.format) this.#counters.converted++;
  }

  #noteAccepted({ payload }: Frame, isRelayed: boolean): void {
    const { accepted } = this.#options;
    if (accepted === undefined || this.#checker.stampOffset < 0) return;
    const { publisherOffset, publisherLength } = this.#checker;
    accepted.note(payload, publisherOffset, publisherLength, isRelayed);
  }

  /** `frame`: the one that was checked last, unless the check refused it. */
  #refuse(error: unknown, frame?: Frame): void {
    this.#counters.refused++;
    if (frame !== undefined) this.#noteAccepted(frame, false);
    const kind = error instanceof WireError ? error.code : "NOT_SENT";
    this.#options.refusals.note(kind, messageOf(error));
  }
}
