import { DriverError } from "../contract/errors.ts";
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
    if (payload.length > this.#maxEventBytes) {
      const is = `${payload.length} bytes, wanted at most ${this.#maxEventBytes}`;
      throw new DriverError("FRAME_TOO_LARGE", `Cannot send an event on topic "${topic}": ${is}`);
    }
    return this.topic(topic);
  }

  /** The bytes of a topic. @throws {RangeError} for an invalid topic */
  topic(topic: string): Uint8Array<ArrayBuffer> {
    const bytes = this.#topics.bytes(topic);
    if (bytes !== undefined) return bytes;
    throw new RangeError(`Topic "${topic}": wanted 1 to ${MAX_TOPIC_BYTES} bytes of UTF-8`);
  }
}
