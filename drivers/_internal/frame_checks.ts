import { DriverError } from "../contract/errors.ts";
import type { TopicOptions } from "../contract/pubsub.ts";
import { MAX_TOPIC_BYTES, TopicCache } from "./topic_cache.ts";

/** Refuses frames that no receiver would accept. */
export class FrameChecks {
  readonly #maxEventBytes: number;
  readonly #topics = new TopicCache();

  /**
   * Nothing is checked yet.
   *
   * @param maxEventBytes maximum size of a payload, as `pub_sub_max_event_bytes` says
   */
  constructor(maxEventBytes: number) {
    this.#maxEventBytes = maxEventBytes;
  }

  /**
   * Checks a frame. @returns the bytes of the topic
   *
   * @throws {RangeError} for an invalid topic
   * @throws {DriverError} `FRAME_TOO_LARGE`
   */
  check(topic: string, payload: Uint8Array): Uint8Array<ArrayBuffer> {
    return this.checkSize(topic, payload.length);
  }

  /** As {@linkcode check}, for a payload of `payloadSize` bytes. */
  checkSize(topic: string, payloadSize: number): Uint8Array<ArrayBuffer> {
    if (payloadSize > this.#maxEventBytes) {
      const is = `${payloadSize} bytes, wanted at most ${this.#maxEventBytes}`;
      throw new DriverError("FRAME_TOO_LARGE", `Cannot send an event on topic "${topic}": ${is}`);
    }
    return this.topic(topic);
  }

  /** Refuses a topic that begins in the past. @throws {RangeError} for a driver that keeps nothing */
  beginsNow(topic: string, { since = "now", last }: TopicOptions): void {
    if (since === "now" && last === undefined) return;
    const is = last === undefined ? `since "${since}"` : `with the last ${last} frames`;
    throw new RangeError(`Topic "${topic}" ${is}: wanted since now, as older frames are not kept`);
  }

  /** The bytes of a topic. @throws {RangeError} for an invalid topic */
  topic(topic: string): Uint8Array<ArrayBuffer> {
    const bytes = this.#topics.bytes(topic);
    if (bytes !== undefined) return bytes;
    throw new RangeError(`Topic "${topic}": wanted 1 to ${MAX_TOPIC_BYTES} bytes of UTF-8`);
  }
}
