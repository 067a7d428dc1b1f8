import type { SendSource } from "./connection_types.ts";
import { FLAG, frameBytes, writeHead } from "./wire.ts";

const SLAB_BYTES = 64 * 1024;

/** What became of a frame: uncertain when its connection ended before it was acknowledged. */
export type Outcome = "accepted" | "refused" | "uncertain";

/** A frame on its way to the publisher service. */
export interface PushedFrame {
  /** Where its message lies. */
  readonly slab: Uint8Array<ArrayBuffer>;
  readonly from: number;
  readonly end: number;
  readonly settle: (outcome: Outcome) => void;
  state: "queued" | "withdrawn" | "sent";
}

/**
 * Frames on their way to the publisher service, in order: those that wait to be written, and those
 * that were written on this connection and are not acknowledged.
 */
export class PushQueue implements SendSource {
  /**
   * Whether the service of the present or last connection acknowledges; otherwise a frame is accepted
   * when it is written. Undefined before the first connection.
   */
  isAcknowledged: boolean | undefined;
  /** Frames and bytes that are not settled. */
  frames = 0;
  bytes = 0;
  readonly #waiting = new Fifo<PushedFrame>();
  readonly #unacknowledged = new Fifo<PushedFrame>();
  /** Memory for messages: an array for each would cost more than all the rest. */
  #slab = new Uint8Array(SLAB_BYTES);
  #slabEnd = 0;
  readonly #maxUnacknowledged: number;
  /** How much of the first waiting frame is written. */
  #written = 0;
  /** Frames of this connection that were acknowledged, and indexes of later ones that are refused. */
  #handled = 0;
  readonly #refused = new Set<number>();

  /** @param maxUnacknowledged maximum number of written frames that are not acknowledged */
  constructor(maxUnacknowledged: number) {
    this.#maxUnacknowledged = maxUnacknowledged;
  }

  get isBetweenMessages(): boolean {
    return this.#written === 0;
  }

  /** Adds a frame, copied. `settle` is called once, unless the frame is withdrawn. */
  add(topic: Uint8Array, payload: Uint8Array, settle: PushedFrame["settle"]): PushedFrame {
    const size = frameBytes(topic.length) + frameBytes(payload.length);
    const from = this.#place(size);
    const slab = this.#slab;
    const topicAt = writeHead(slab, from, FLAG.more, topic.length);
    slab.set(topic, topicAt);
    slab.set(payload, writeHead(slab, topicAt + topic.length, 0, payload.length));
    const frame: PushedFrame = { slab, from, end: from + size, settle, state: "queued" };
    this.#waiting.push(frame);
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

  /** Takes a frame back. False when part of it is written already. */
  withdraw(frame: PushedFrame): boolean {
    const isBegun = this.#written > 0 && frame === this.#waiting.at(0);
    if (frame.state !== "queued" || isBegun) return false;
    frame.state = "withdrawn";
    this.#forget(frame);
    return true;
  }

  /** The next bytes to write, valid until the next call. */
  next(): Uint8Array<ArrayBuffer> | undefined {
    const first = this.#first();
    const room = this.#maxUnacknowledged - this.#unacknowledged.length;
    if (first === undefined || room <= 0) return undefined;
    let end = first.end;
    for (let index = 1; index < Math.min(room, this.#waiting.length); index++) {
      const next = this.#waiting.at(index);
      if (next?.slab !== first.slab || next.from !== end || next.state === "withdrawn") break;
      end = next.end;
    }
    return first.slab.subarray(first.from + this.#written, end);
  }

  sent(bytes: number): void {
    this.#written += bytes;
    for (let first; (first = this.#first()) !== undefined;) {
      const size = first.end - first.from;
      if (this.#written < size) return;
      this.#written -= size;
      this.#waiting.shift();
      first.state = "sent";
      if (this.isAcknowledged) this.#unacknowledged.push(first);
      else this.#settle(first, "accepted");
    }
  }

  /**
   * Settles what the service has handled.
   *
   * @param refused indexes, from 0 on, of frames of this connection that are refused once handled
   * @returns false when it cannot have handled that
   */
  acknowledge(handled: number, refused: Iterable<number>): boolean {
    const sent = this.#handled + this.#unacknowledged.length;
    if (!(handled >= this.#handled && handled <= sent)) return false;
    for (const index of refused) {
      if (!(index >= this.#handled && index < sent)) return false;
      this.#refused.add(index);
    }
    while (this.#handled < handled) {
      const frame = this.#unacknowledged.shift();
      if (frame === undefined) return false;
      this.#settle(frame, this.#refused.delete(this.#handled++) ? "refused" : "accepted");
    }
    return true;
  }

  /** The connection has ended: what is not wholly written goes over the next one. */
  endConnection(): void {
    this.#written = 0;
    this.#handled = 0;
    this.#refused.clear();
    for (let frame; (frame = this.#unacknowledged.shift()) !== undefined;) {
      this.#settle(frame, "uncertain");
    }
  }

  #first(): PushedFrame | undefined {
    for (let first; (first = this.#waiting.at(0)) !== undefined; this.#waiting.shift()) {
      if (first.state !== "withdrawn") return first;
    }
    return undefined;
  }

  #settle(frame: PushedFrame, outcome: Outcome): void {
    this.#forget(frame);
    frame.settle(outcome);
  }

  #forget({ from, end }: PushedFrame): void {
    this.frames--;
    this.bytes -= end - from;
  }
}

/** A queue whose first element is taken in constant time, however long it is. */
class Fifo<T> {
  #items: T[] = [];
  #from = 0;

  get length(): number {
    return this.#items.length - this.#from;
  }

  at(index: number): T | undefined {
    return this.#items[this.#from + index];
  }

  push(item: T): void {
    this.#items.push(item);
  }

  shift(): T | undefined {
    const item = this.#items[this.#from];
    if (item === undefined) return undefined;
    if (++this.#from * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#from);
      this.#from = 0;
    }
    return item;
  }
}
