import type { SendSource } from "../connection_types.ts";
import { FLAG, frameBytes, writeHead } from "../wire.ts";

const SLAB_BYTES = 64 * 1024;

/**
 * What became of a frame. Uncertain: its connection ended before the service acknowledged it.
 * Unsent: the queue was closed before the frame was completely written.
 */
export type Outcome = "accepted" | "refused" | "uncertain" | "unsent";

/** A frame on its way to the publisher service, linked to the frames before and after it. */
export interface PushedFrame {
  /** The memory that holds the message, from `from` to `end`. */
  readonly slab: Uint8Array<ArrayBuffer>;
  readonly from: number;
  readonly end: number;
  readonly settle: (outcome: Outcome) => void;
  state: "queued" | "sent" | "gone";
  before: PushedFrame | undefined;
  after: PushedFrame | undefined;
}

/**
 * Frames for the publisher service, in order. First come the frames that were written on this
 * connection and are not acknowledged, then the frames that are not yet written.
 */
export class PushQueue implements SendSource {
  /**
   * Whether the current or last service acknowledges frames; undefined before the first connection.
   * Without acknowledgements, a frame is accepted once it is written.
   */
  isAcknowledged: boolean | undefined;
  /** Number of frames that are not settled, and their size in bytes. */
  frames = 0;
  bytes = 0;
  #oldest: PushedFrame | undefined;
  #newest: PushedFrame | undefined;
  /** The first frame that is not completely written, and how many of its bytes are written. */
  #next: PushedFrame | undefined;
  #written = 0;
  #unacknowledged = 0;
  readonly #maxUnacknowledged: number;
  /**
   * Number of frames acknowledged on this connection, and indexes of later frames that are refused.
   */
  #handled = 0;
  readonly #refused = new Set<number>();
  /** Memory for messages: an array for each message would cost more than everything else. */
  #slab = new Uint8Array(SLAB_BYTES);
  #slabEnd = 0;

  /** @param maxUnacknowledged maximum number of written frames that are not acknowledged */
  constructor(maxUnacknowledged: number) {
    this.#maxUnacknowledged = maxUnacknowledged;
  }

  get isBetweenMessages(): boolean {
    return this.#written === 0;
  }

  /** Adds a copy of a frame. The queue calls `settle` once, unless the frame is withdrawn. */
  add(topic: Uint8Array, payload: Uint8Array, settle: PushedFrame["settle"]): PushedFrame {
    const size = frameBytes(topic.length) + frameBytes(payload.length);
    const from = this.#place(size);
    const slab = this.#slab;
    const topicAt = writeHead(slab, from, FLAG.more, topic.length);
    slab.set(topic, topicAt);
    slab.set(payload, writeHead(slab, topicAt + topic.length, 0, payload.length));
    const before = this.#newest;
    const place = { slab, from, end: from + size };
    const frame: PushedFrame = { ...place, settle, state: "queued", before, after: undefined };
    if (before === undefined) this.#oldest = frame;
    else before.after = frame;
    this.#newest = frame;
    this.#next ??= frame;
    this.frames++;
    this.bytes += size;
    return frame;
  }

  #place(size: number): number {
    if (this.frames === 0) this.#slabEnd = 0;
    if (this.#slabEnd + size > this.#slab.length) {
      this.#slab = new Uint8Array(Math.max(SLAB_BYTES, size));
      this.#slabEnd = 0;
    }
    this.#slabEnd += size;
    return this.#slabEnd - size;
  }

  /** Removes a frame. Returns false if part of it is already written, or if it is settled. */
  withdraw(frame: PushedFrame): boolean {
    const isFirst = frame === this.#next;
    if (frame.state !== "queued" || isFirst && this.#written > 0) return false;
    if (isFirst) this.#next = frame.after;
    this.#takeOut(frame);
    return true;
  }

  /** Returns the next bytes to write, valid until the next call. */
  next(): Uint8Array<ArrayBuffer> | undefined {
    const first = this.#next;
    let room = this.#maxUnacknowledged - this.#unacknowledged;
    if (first === undefined || room <= 0) return undefined;
    let end = first.end;
    for (let next = first.after; next !== undefined && --room > 0; next = next.after) {
      if (next.slab !== first.slab || next.from !== end) break;
      end = next.end;
    }
    return first.slab.subarray(first.from + this.#written, end);
  }

  sent(bytes: number): void {
    this.#written += bytes;
    for (let first; (first = this.#next) !== undefined;) {
      const size = first.end - first.from;
      if (this.#written < size) return;
      this.#written -= size;
      this.#next = first.after;
      first.state = "sent";
      if (this.isAcknowledged) this.#unacknowledged++;
      else this.#settle(first, "accepted");
    }
  }

  /**
   * Settles the frames that the service has handled.
   *
   * @param refused indexes, from 0, of frames on this connection that are refused once handled
   * @returns false if this does not match the frames that were sent
   */
  acknowledge(handled: number, refused: Iterable<number>): boolean {
    const sent = this.#handled + this.#unacknowledged;
    if (!(handled >= this.#handled && handled <= sent)) return false;
    for (const index of refused) {
      if (!(index >= this.#handled && index < sent)) return false;
      this.#refused.add(index);
    }
    while (this.#handled < handled) {
      this.#settleOldest(this.#refused.delete(this.#handled++) ? "refused" : "accepted");
    }
    return true;
  }

  /** The connection has ended: the next one sends the frames that are not completely written. */
  endConnection(): void {
    this.#written = 0;
    this.#handled = 0;
    this.#refused.clear();
    while (this.#unacknowledged > 0) this.#settleOldest("uncertain");
  }

  /** Settles the frames that are left after the last connection. No frame may be added later. */
  close(): void {
    this.#next = undefined;
    while (this.#oldest !== undefined) this.#settle(this.#oldest, "unsent");
  }

  #settleOldest(outcome: Outcome): void {
    this.#unacknowledged--;
    if (this.#oldest !== undefined) this.#settle(this.#oldest, outcome);
  }

  #settle(frame: PushedFrame, outcome: Outcome): void {
    this.#takeOut(frame);
    frame.settle(outcome);
  }

  #takeOut(frame: PushedFrame): void {
    const { before, after } = frame;
    if (before === undefined) this.#oldest = after;
    else before.after = after;
    if (after === undefined) this.#newest = before;
    else after.before = before;
    // Unlinks the frame, so that it keeps no other frame in memory.
    frame.before = frame.after = undefined;
    frame.state = "gone";
    this.frames--;
    this.bytes -= frame.end - frame.from;
  }
}
