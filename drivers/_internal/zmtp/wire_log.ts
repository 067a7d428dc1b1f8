import type { Topic } from "./topic_table.ts";
import { FLAG, frameBytes, writeHead } from "./wire.ts";

const FIRST_SLOTS = 1_024;

/**
 * The latest events in wire format, stored once for all subscribers. Each has an index that counts
 * from 0. A new event overwrites the oldest ones and never waits.
 */
export class WireLog {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The index of the next event. */
  head = 0;
  /** The index of the oldest event in the log. */
  tail = 0;
  /** Maximum number of events in the log: a power of two. */
  readonly maxEvents: number;
  /** Number of slots minus one. The log adds slots as needed. */
  #mask: number;
  #starts: Uint32Array;
  #ends: Uint32Array;
  #seqs: Float64Array;
  /** The index of the previous event of the same topic; -1 without one. */
  #before: Float64Array;
  #topics: (Topic | undefined)[] = [];
  /** Offset at which free space begins. */
  #end = 0;
  #view = new Uint8Array();

  /** @param events maximum number of events, rounded up to a power of two */
  constructor(events: number, bytes: number) {
    this.maxEvents = 2 ** Math.ceil(Math.log2(events));
    const slots = Math.min(FIRST_SLOTS, this.maxEvents);
    this.#mask = slots - 1;
    this.bytes = new Uint8Array(bytes);
    this.#starts = new Uint32Array(slots);
    this.#ends = new Uint32Array(slots);
    this.#seqs = new Float64Array(slots);
    this.#before = new Float64Array(slots);
  }

  /** Offset of an event in the log. */
  startOf(index: number): number {
    return this.#starts[index & this.#mask] ?? 0;
  }

  endOf(index: number): number {
    return this.#ends[index & this.#mask] ?? 0;
  }

  topicOf(index: number): Topic | undefined {
    return this.#topics[index & this.#mask];
  }

  seqOf(index: number): number {
    return this.#seqs[index & this.#mask] ?? 0;
  }

  /**
   * Returns bytes of the log. Subscribers mostly request the same bytes in a row and share one
   * view.
   */
  view(start: number, end: number): Uint8Array<ArrayBuffer> {
    const { byteOffset, byteLength } = this.#view;
    if (byteOffset !== start || byteLength !== end - start) {
      this.#view = this.bytes.subarray(start, end);
    }
    return this.#view;
  }

  /** Appends the next event of a topic. The event must not be larger than half of the log. */
  append(topic: Topic, payload: Uint8Array): void {
    const topicSize = topic.bytes.length;
    const size = frameBytes(topicSize) + frameBytes(payload.length);
    const start = this.#makeRoom(size);
    let at = writeHead(this.bytes, start, FLAG.more, topicSize);
    this.bytes.set(topic.bytes, at);
    at = writeHead(this.bytes, at + topicSize, 0, payload.length);
    this.bytes.set(payload, at);
    const slot = this.head & this.#mask;
    this.#starts[slot] = start;
    this.#ends[slot] = this.#end = start + size;
    this.#topics[slot] = topic;
    this.#seqs[slot] = ++topic.seq;
    this.#before[slot] = topic.last;
    topic.last = this.head++;
  }

  #makeRoom(size: number): number {
    if (this.head - this.tail >= this.maxEvents) this.tail++;
    else if (this.head - this.tail > this.#mask) this.#addSlots();
    let start = this.#end;
    if (start + size > this.bytes.length) {
      // Events between here and the end of the memory are dropped, too.
      while (this.tail < this.head && this.startOf(this.tail) >= start) this.tail++;
      start = 0;
    }
    while (this.tail < this.head && this.#overlaps(this.tail, start, start + size)) this.tail++;
    return start;
  }

  #addSlots(): void {
    const mask = this.#mask * 2 + 1;
    const moved = <T extends { [slot: number]: unknown }>(from: T, to: T): T => {
      for (let index = this.tail; index < this.head; index++) {
        to[index & mask] = from[index & this.#mask];
      }
      return to;
    };
    this.#starts = moved(this.#starts, new Uint32Array(mask + 1));
    this.#ends = moved(this.#ends, new Uint32Array(mask + 1));
    this.#seqs = moved(this.#seqs, new Float64Array(mask + 1));
    this.#before = moved(this.#before, new Float64Array(mask + 1));
    this.#topics = moved(this.#topics, new Array(mask + 1));
    this.#mask = mask;
  }

  #overlaps(index: number, start: number, end: number): boolean {
    return this.startOf(index) < end && this.endOf(index) > start;
  }

  /** Index of a topic's oldest event in the log after `seq`; undefined without one. */
  firstAfter(topic: Topic, seq: number): number | undefined {
    let found: number | undefined;
    for (let index = topic.last; index >= this.tail && this.seqOf(index) > seq;) {
      found = index;
      index = this.#before[index & this.#mask] ?? -1;
    }
    return found;
  }
}
