import { DriverError } from "../contract/errors.ts";
import { MAX_TOPIC_BYTES, TopicCache } from "./topic_cache.ts";

/** Refuses what no receiver would take. */
export class FrameChecks {
  readonly #maxEventBytes: number;
  readonly #topics = new TopicCache();

  constructor(maxEventBytes: number) {
    this.#maxEventBytes = maxEventBytes;
  }

  /**
   * The bytes of the topic.
   *
   * @throws {RangeError} for a topic that is none
   * @throws {DriverError} `FRAME_TOO_LARGE`
   */
  check(topic: string, payload: Uint8Array): Uint8Array<ArrayBuffer> {
    if (payload.length > this.#maxEventBytes) {
      const is = `${payload.length} bytes, wanted at most ${this.#maxEventBytes}`;
      throw new DriverError("FRAME_TOO_LARGE", `Cannot send an event on topic "${topic}": ${is}`);
    }
    return this.topic(topic);
  }

  /** @throws {RangeError} for a topic that is none */
  topic(topic: string): Uint8Array<ArrayBuffer> {
    const bytes = this.#topics.bytes(topic);
    if (bytes !== undefined) return bytes;
    throw new RangeError(`Topic "${topic}": wanted 1 to ${MAX_TOPIC_BYTES} bytes of UTF-8`);
  }
}
