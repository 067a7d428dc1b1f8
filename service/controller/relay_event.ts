import type { Frame } from "../../drivers/contract/pubsub.ts";
import { decodeUpdate } from "../event/codec/decode.ts";
import { encodeUpdate } from "../event/codec/encode.ts";
import { PayloadChecker } from "../event/codec/payload_checker.ts";
import { checkTopic } from "../event/codec/topic.ts";
import { withoutOrigin } from "../event/db_update.ts";
import type { PublisherOptions } from "../publish/publisher.ts";

/**
 * The current event of a relay: it is checked in place, and decoded and encoded again only if its
 * format is not the configured one. One instance serves all frames, so that the hot path allocates
 * nothing.
 */
export class RelayEvent {
  readonly #options: Pick<PublisherOptions, "format" | "maxEventBytes">;
  readonly #checker: PayloadChecker;
  /** The last topic that was valid: it is not checked again. */
  #topic: string | undefined;
  #filled: Uint8Array | undefined;

  /** Creates it without an event. */
  constructor(options: Pick<PublisherOptions, "format" | "maxEventBytes">) {
    this.#options = options;
    this.#checker = new PayloadChecker({ maxBytes: options.maxEventBytes });
  }

  /** Sets the current frame, without copying it. @throws {WireError} if it is not an event */
  take(frame: Frame): void {
    this.#filled = undefined;
    if (frame.topic !== this.#topic) checkTopic(frame.topic);
    this.#topic = frame.topic;
    this.#checker.check(frame.payload);
  }

  /** Replaces the payload with one in the configured format; undefined keeps the event's own. */
  fill(payload: Uint8Array | undefined): void {
    this.#filled = payload;
  }

  /**
   * Whether the event shows that its publisher is active: an event about the publishers table does
   * not.
   */
  get isActivity(): boolean {
    return !this.#checker.isPublisherTable;
  }

  /** Whether the event says that a row was written but lacks its value. */
  get lacksValue(): boolean {
    return this.#checker.lacksValue;
  }

  /** Whether the event is converted to the other format. */
  get isConverted(): boolean {
    return this.#checker.format !== this.#options.format;
  }

  /** The payload to send. @throws {WireError} if the converted event is too large */
  payloadOf({ topic, payload }: Frame): Uint8Array {
    if (this.#filled !== undefined) return this.#filled;
    if (!this.isConverted) return payload;
    const limit = { maxBytes: this.#options.maxEventBytes };
    const update = withoutOrigin(decodeUpdate(payload, topic, limit));
    return encodeUpdate(update, this.#options.format, limit);
  }

  /**
   * Offset of a local publisher's stamp that ends the payload; -1 without one, or if it was
   * converted.
   */
  get stampOffset(): number {
    return this.isConverted || this.#filled !== undefined ? -1 : this.#checker.stampOffset;
  }
}
