import type { DropReason } from "../../contract/health.ts";
import { FLAG } from "./wire.ts";

/** Takes what a {@linkcode MessageScanner} finds. */
export interface MessageSink {
  /** Whether it has stopped taking messages. */
  readonly isClosed: boolean;
  /** A message of two frames. */
  onPair(
    bytes: Uint8Array<ArrayBuffer>,
    topicAt: number,
    topicSize: number,
    payloadAt: number,
    payloadSize: number,
  ): void;
  /** A message of one frame. */
  onSingle(body: Uint8Array<ArrayBuffer>): void;
  onCommand(body: Uint8Array<ArrayBuffer>): void;
  /** A message that was skipped. */
  onDrop(reason: DropReason, topic?: Uint8Array): void;
  /** Nothing after this can be read. */
  refuse(reason: string): void;
}

const MAX_COMMAND_BYTES = 4_096;
/** Heartbeats between two frames of a message. All are kept until the message is whole. */
const MAX_COMMANDS_INSIDE = 16;
const MAX_COMMAND_INSIDE_BYTES = 255;
/** A first frame that others follow holds a topic. */
const MAX_TOPIC_FRAME_BYTES = 4_096;
/** A frame size above this is malformed. */
const MAX_BELIEVED_BYTES = 2 ** 40;

/** Finds complete messages in place. Larger frames than `maxFrameBytes` are skipped. */
export class MessageScanner {
  /** After a scan: how many bytes the next message takes, as far as is known. */
  needed = 0;
  readonly #sink: MessageSink;
  readonly #maxFrameBytes: number;
  /** Bytes still to come of a frame that is skipped. */
  #skippedBytes = 0;
  /** Whether frames are skipped up to the end of their message. */
  #isSkipping = false;
  /** Commands inside the message at hand that were handed out: it may be looked at again. */
  #commandsSeen = 0;
  /** The frame at hand. */
  #flags = 0;
  #bodyAt = 0;
  #bodySize = 0;

  constructor(sink: MessageSink, maxFrameBytes: number) {
    this.#sink = sink;
    this.#maxFrameBytes = maxFrameBytes;
  }

  /** Hands out every complete message; returns where the first incomplete one begins. */
  scan(bytes: Uint8Array<ArrayBuffer>, from: number, end: number): number {
    let at = from;
    while (at < end && !this.#sink.isClosed) {
      const next = this.#skippedBytes > 0 ? this.#skip(at, end) : this.#message(bytes, at, end);
      if (next === at) break;
      this.#commandsSeen = 0;
      at = next;
    }
    return at;
  }

  #skip(at: number, end: number): number {
    const count = Math.min(this.#skippedBytes, end - at);
    this.#skippedBytes -= count;
    return at + count;
  }

  /** Where the message ends, or where it begins if it is incomplete. */
  #message(bytes: Uint8Array<ArrayBuffer>, at: number, end: number): number {
    this.needed = 0;
    if (!this.#head(bytes, at, end)) return at;
    const flags = this.#flags;
    const topicAt = this.#bodyAt;
    const topicSize = this.#bodySize;
    const topicEnd = topicAt + topicSize;
    if (topicSize > this.#maxBytes(flags)) return this.#skipLarge(flags, topicAt);
    if (topicEnd > end) return this.#need(topicEnd - at, at);
    if (flags & FLAG.command) {
      this.#sink.onCommand(bytes.subarray(topicAt, topicEnd));
      return topicEnd;
    }
    if (this.#isSkipping) {
      this.#isSkipping = (flags & FLAG.more) !== 0;
      return topicEnd;
    }
    if ((flags & FLAG.more) === 0) {
      this.#sink.onSingle(bytes.subarray(topicAt, topicEnd));
      return topicEnd;
    }
    const payloadHead = this.#passCommands(bytes, at, topicEnd, end);
    if (payloadHead === undefined || !this.#head(bytes, payloadHead, end)) return at;
    const payloadAt = this.#bodyAt;
    const payloadSize = this.#bodySize;
    if (payloadSize > this.#maxFrameBytes) {
      return this.#skipLarge(this.#flags, payloadAt, bytes.subarray(topicAt, topicEnd));
    }
    const payloadEnd = payloadAt + payloadSize;
    if (payloadEnd > end) return this.#need(payloadEnd - at, at);
    if (this.#flags & FLAG.more) {
      this.#isSkipping = true;
      this.#sink.onDrop("frame-count");
    } else this.#sink.onPair(bytes, topicAt, topicSize, payloadAt, payloadSize);
    return payloadEnd;
  }

  /**
   * Hands out commands between the frames of a message: libzmq sends heartbeats there. Returns where
   * the second frame begins; undefined when what is there is not whole, or nothing can be read.
   */
  #passCommands(
    bytes: Uint8Array<ArrayBuffer>,
    start: number,
    from: number,
    end: number,
  ): number | undefined {
    let at = from;
    for (let count = 1; end > at && ((bytes[at] ?? 0) & FLAG.command) !== 0; count++) {
      if (!this.#head(bytes, at, end)) return undefined;
      const bodyEnd = this.#bodyAt + this.#bodySize;
      if (this.#bodySize > MAX_COMMAND_INSIDE_BYTES || count > MAX_COMMANDS_INSIDE) {
        this.#malformed("it sent too much inside a message", end);
        return undefined;
      }
      if (bodyEnd > end) {
        this.#need(bodyEnd - start, start);
        return undefined;
      }
      if (count > this.#commandsSeen) this.#sink.onCommand(bytes.subarray(this.#bodyAt, bodyEnd));
      this.#commandsSeen = Math.max(this.#commandsSeen, count);
      at = bodyEnd;
    }
    return at;
  }

  #maxBytes(flags: number): number {
    if (flags & FLAG.command) return MAX_COMMAND_BYTES;
    return flags & FLAG.more
      ? Math.min(MAX_TOPIC_FRAME_BYTES, this.#maxFrameBytes)
      : this.#maxFrameBytes;
  }

  /** Reads a frame's head; false when it is incomplete. */
  #head(bytes: Uint8Array<ArrayBuffer>, at: number, end: number): boolean {
    if (end - at < 2) return false;
    const flags = this.#flags = bytes[at] ?? 0;
    if ((flags & FLAG.long) === 0) {
      this.#bodyAt = at + 2;
      this.#bodySize = bytes[at + 1] ?? 0;
      return true;
    }
    if (end - at < 9) return false;
    this.#bodyAt = at + 9;
    this.#bodySize = size64(bytes, at + 1);
    return true;
  }

  #need(bytes: number, at: number): number {
    this.needed = bytes;
    return at;
  }

  /** Skips a frame that is too large, and the rest of its message. */
  #skipLarge(flags: number, bodyAt: number, topic?: Uint8Array): number {
    if (flags & FLAG.command) return this.#malformed("it sent a command that is too large", bodyAt);
    if (this.#bodySize > MAX_BELIEVED_BYTES) {
      return this.#malformed(`it announced a frame of ${this.#bodySize} bytes`, bodyAt);
    }
    if (!this.#isSkipping) this.#sink.onDrop("frame-too-large", topic);
    this.#isSkipping = (flags & FLAG.more) !== 0;
    this.#skippedBytes = this.#bodySize;
    return bodyAt;
  }

  #malformed(what: string, at: number): number {
    this.#sink.refuse(what);
    return at;
  }
}

function size64(bytes: Uint8Array, at: number): number {
  let size = 0;
  for (let index = at; index < at + 8; index++) size = size * 256 + (bytes[index] ?? 0);
  return size;
}
