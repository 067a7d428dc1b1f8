import type { DropReason } from "../../contract/health.ts";
import type { TopicCache } from "../topic_cache.ts";
import { FLAG } from "./wire.ts";

/**
 * Receives what a {@linkcode MessageScanner} finds. The arguments are valid only during the call.
 */
export interface MessageSink {
  /** Whether the sink has stopped accepting messages. */
  readonly isClosed: boolean;
  /**
   * A message of two frames.
   *
   * @param topic undefined if it is not valid
   * @param payload a view into the scanned bytes
   */
  onPair(topic: string | undefined, payload: Uint8Array<ArrayBuffer>): void;
  /** A message of one frame. */
  onSingle(body: Uint8Array<ArrayBuffer>): void;
  onCommand(body: Uint8Array<ArrayBuffer>): void;
  /** The scanner skipped a message. */
  onDrop(reason: DropReason, topic?: string): void;
  /** The bytes after this point cannot be parsed. */
  refuse(reason: string): void;
}

export interface ScannerOptions {
  /** Maximum size of a frame, in bytes. The scanner skips a message with a larger frame. */
  readonly maxFrameBytes: number;
  /** Reads topics. @default no topic is valid */
  readonly topics?: TopicCache;
}

const MAX_COMMAND_BYTES = 4_096;
/** Maximum size of a first frame that others follow: it holds the topic. */
const MAX_TOPIC_FRAME_BYTES = 4_096;
/** Maximum plausible frame size: a larger frame is malformed. */
const MAX_BELIEVED_BYTES = 2 ** 40;

const NO_MEMORY = new ArrayBuffer(0);

/**
 * Finds complete frames in place and assembles them into messages. Commands may arrive between the
 * frames of a message: libzmq sends heartbeats there.
 */
export class MessageScanner {
  /** After a scan: total size of the incomplete frame, in bytes; 0 if that is unknown. */
  needed = 0;
  readonly #sink: MessageSink;
  readonly #maxFrameBytes: number;
  readonly #topics: TopicCache | undefined;
  /** The memory of the scanned bytes: reading it once per message would take longer. */
  #memory = NO_MEMORY;
  /** Whether the first frame of a message has arrived and its second one has not. */
  #hasTopic = false;
  /** The topic in that frame, if it is valid. */
  #topic: string | undefined;
  /** Bytes still to be skipped of a frame that is too large. */
  #skippedBytes = 0;
  /** Whether the scanner is skipping the remaining frames of a message. */
  #isSkipping = false;

  constructor(sink: MessageSink, { maxFrameBytes, topics }: ScannerOptions) {
    this.#sink = sink;
    this.#topics = topics;
    this.#maxFrameBytes = maxFrameBytes;
  }

  /** Passes complete frames to the sink. Returns the offset of the first incomplete frame. */
  scan(bytes: Uint8Array<ArrayBuffer>, from: number, end: number): number {
    this.needed = 0;
    this.#memory = bytes.buffer;
    let at = from;
    while (at < end && !this.#sink.isClosed) {
      const next = this.#skippedBytes > 0 ? this.#skip(at, end) : this.#frame(bytes, at, end);
      if (next === at) break;
      at = next;
    }
    this.#memory = NO_MEMORY;
    return at;
  }

  #skip(at: number, end: number): number {
    const count = Math.min(this.#skippedBytes, end - at);
    this.#skippedBytes -= count;
    return at + count;
  }

  /** Returns the offset after the frame, or `at` if the frame is incomplete. */
  #frame(bytes: Uint8Array<ArrayBuffer>, at: number, end: number): number {
    const flags = bytes[at] ?? 0;
    const isLong = (flags & FLAG.long) !== 0;
    const bodyAt = at + (isLong ? 9 : 2);
    if (bodyAt > end) return at;
    const size = isLong ? size64(bytes, at + 1) : bytes[at + 1] ?? 0;
    if (size > this.#maxBytes(flags)) return this.#skipLarge(flags, size, bodyAt);
    const bodyEnd = bodyAt + size;
    if (bodyEnd > end) {
      this.needed = bodyEnd - at;
      return at;
    }
    if (flags & FLAG.command) this.#sink.onCommand(this.#viewOf(bytes, bodyAt, size));
    else this.#take(bytes, bodyAt, size, (flags & FLAG.more) !== 0);
    return bodyEnd;
  }

  /** Handles one frame of a message. */
  #take(bytes: Uint8Array<ArrayBuffer>, at: number, size: number, hasMore: boolean): void {
    const hasTopic = this.#hasTopic;
    this.#hasTopic = false;
    if (this.#isSkipping) this.#isSkipping = hasMore;
    else if (!hasTopic && hasMore) {
      this.#hasTopic = true;
      this.#topic = this.#topics?.text(bytes, at, at + size);
    } else if (!hasTopic) this.#sink.onSingle(this.#viewOf(bytes, at, size));
    else if (hasMore) {
      this.#isSkipping = true;
      this.#sink.onDrop("frame-count");
    } else this.#sink.onPair(this.#topic, this.#viewOf(bytes, at, size));
  }

  /** Does what `subarray` does, in half the time. */
  #viewOf({ byteOffset }: Uint8Array, at: number, size: number): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#memory, byteOffset + at, size);
  }

  #maxBytes(flags: number): number {
    if (flags & FLAG.command) return MAX_COMMAND_BYTES;
    return this.#isTopic(flags)
      ? Math.min(MAX_TOPIC_FRAME_BYTES, this.#maxFrameBytes)
      : this.#maxFrameBytes;
  }

  /** Whether the next frame of a message, with these flags, is its topic. */
  #isTopic(flags: number): boolean {
    return (flags & FLAG.more) !== 0 && !this.#hasTopic;
  }

  /**
   * Skips a frame that is too large, and the rest of its message. Returns the offset of its body.
   */
  #skipLarge(flags: number, size: number, bodyAt: number): number {
    if (flags & FLAG.command) this.#sink.refuse("it sent a command that is too large");
    else if (size > MAX_BELIEVED_BYTES) {
      this.#sink.refuse(`it announced a frame of ${size} bytes`);
    } else {
      const topic = this.#hasTopic ? this.#topic : undefined;
      const reason = this.#isTopic(flags) ? "topic-invalid" : "frame-too-large";
      if (!this.#isSkipping) this.#sink.onDrop(reason, topic);
      this.#hasTopic = false;
      this.#isSkipping = (flags & FLAG.more) !== 0;
      this.#skippedBytes = size;
    }
    return bodyAt;
  }
}

function size64(bytes: Uint8Array, at: number): number {
  let size = 0;
  for (let index = at; index < at + 8; index++) size = size * 256 + (bytes[index] ?? 0);
  return size;
}
