import type { Frame } from "../../drivers/contract/pubsub.ts";
import { decodeUpdate } from "../event/codec/decode.ts";
import { encodeUpdate } from "../event/codec/encode.ts";
import { PayloadChecker } from "../event/codec/payload_checker.ts";
import { checkTopic } from "../event/codec/topic.ts";
import { withoutOrigin } from "../event/db_update.ts";
import type { PublisherOptions } from "../publish/publisher.ts";

/**
 * The event that a relay has at hand: checked where it lies, and decoded and written anew only where
 * its shape is not the configured one. One serves any number of frames, one after another, so that
 * the hot path allocates nothing.
 */
export class RelayEvent {
  readonly #options: Pick<PublisherOptions, "format" | "maxEventBytes">;
  readonly #checker: PayloadChecker;
  #frame: Frame | undefined;
  #filled: Uint8Array | undefined;

  /** Holds no event yet. */
  constructor(options: Pick<PublisherOptions, "format" | "maxEventBytes">) {
    this.#options = options;
    this.#checker = new PayloadChecker({ maxBytes: options.maxEventBytes });
  }

  /** Takes in the next frame, which is not copied. @throws {WireError} for one that is not an event */
  take(frame: Frame): void {
    this.#frame = frame;
    this.#filled = undefined;
    checkTopic(frame.topic);
    this.#checker.check(frame.payload);
  }

  /** The payload that goes out instead, in the configured shape; undefined for the event's own. */
  fill(payload: Uint8Array | undefined): void {
    this.#filled = payload;
  }

  /** Whether it shows that its publisher lives: an event about the publishers table does not. */
  get isActivity(): boolean {
    return !this.#checker.isPublisherTable;
  }

  /** Whether it says that a row was written, and not what is in it. */
  get lacksValue(): boolean {
    return this.#checker.lacksValue;
  }

  /** Whether it goes out in the other shape than it came in. */
  get isConverted(): boolean {
    return this.#checker.shape !== this.#options.format;
  }

  /** What goes out. @throws {WireError} for an event that is too large when it is written anew */
  get payload(): Uint8Array {
    if (this.#filled !== undefined) return this.#filled;
    const { topic = "", payload = new Uint8Array() } = this.#frame ?? {};
    if (!this.isConverted) return payload;
    const limit = { maxBytes: this.#options.maxEventBytes };
    const update = withoutOrigin(decodeUpdate(payload, topic, limit));
    return encodeUpdate(update, this.#options.format, limit);
  }

  /** Where what goes out ends in a local publisher's stamp; -1 for what was written anew, or has none. */
  get stampOffset(): number {
    return this.isConverted || this.#filled !== undefined ? -1 : this.#checker.stampOffset;
  }
}
