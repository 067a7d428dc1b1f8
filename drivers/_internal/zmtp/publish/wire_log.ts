import type { PayloadWriter } from "../../../contract/pubsub.ts";
import type { Topic } from "./topic_table.ts";
import { unixTimeOf } from "./unix_time.ts";
import { bodyStart, FLAG, frameBytes, writeHead } from "../wire.ts";

const FIRST_SLOTS = 1_024;

/** Which of a topic's events are wanted from the past. */
export interface PastBounds {
  /** Maximum number of events. */
  readonly last: number;
  /** When the first of them was sent at the earliest, in Unix milliseconds. */
  readonly since: number;
}

/**
 * The latest events in wire format, stored once for all subscribers. Each has an index that counts
 * from 0. A new event overwrites the oldest ones and never waits.
 */
export class WireLog {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The index of the next event. */
  head = 0;
  /** The index of the next event that is not yet sent to anybody: see {@linkcode SendRounds}. */
  flushed = 0;
  /** The index of the oldest event in the log. */
  tail = 0;
  /** Maximum number of events in the log: a power of two. */
  readonly maxEvents: number;
  /** Number of slots minus one. The log adds slots as needed. */
  #mask: number;
  #starts: Uint32Array;
  #ends: Uint32Array;
  #seqs: Float64Array;
  /** When each event was sent, in Unix milliseconds. */
  #times: Float64Array;
  /** The index of the previous event of the same topic; -1 without one. */
  #before: Float64Array;
  #topics: (Topic | undefined)[] = [];
  /** Offset at which free space begins. */
  #end = 0;
  #view = new Uint8Array();
  readonly #openedMs = performance.now();

  /** @param events maximum number of events, rounded up to a power of two */
  constructor(events: number, bytes: number) {
    this.maxEvents = 2 ** Math.ceil(Math.log2(events));
    const slots = Math.min(FIRST_SLOTS, this.maxEvents);
    this.#mask = slots - 1;
    this.bytes = new Uint8Array(bytes);
    this.#starts = new Uint32Array(slots);
    this.#ends = new Uint32Array(slots);
    this.#seqs = new Float64Array(slots);
    this.#times = new Float64Array(slots);
    this.#before = new Float64Array(slots);
  }

  /** In Unix milliseconds. */
  get openedAt(): number {
    return unixTimeOf(this.#openedMs);
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

  /** The events, the newest first; a payload is valid until the next one is requested. */
  *recent(): Iterable<{ readonly topic: string; readonly payload: Uint8Array }> {
    for (let index = this.head - 1; index >= this.tail; index--) {
      const topic = this.topicOf(index);
      if (topic === undefined) continue;
      const start = bodyStart(this.bytes, this.startOf(index) + frameBytes(topic.key.length));
      yield { topic: topic.name, payload: this.bytes.subarray(start, this.endOf(index)) };
    }
  }

  seqOf(index: number): number {
    return this.#seqs[index & this.#mask] ?? 0;
  }

  /** Notes when the events from an index on were sent. */
  noteSent(index: number, now: number): void {
    for (let at = Math.max(index, this.tail); at < this.head; at++) {
      this.#times[at & this.#mask] = now;
    }
  }

  /** The time since which every event is in the log, in Unix milliseconds. */
  get keptSince(): number {
    return this.tail === 0 ? this.openedAt : this.#times[this.tail & this.#mask] ?? 0;
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

  /**
   * Appends the next event of a topic, with a payload of `payloadSize` bytes. The event must not be
   * larger than half of the log.
   */
  append(topic: Topic, payloadSize: number, write: PayloadWriter): void {
    const topicSize = topic.key.length;
    const size = frameBytes(topicSize) + frameBytes(payloadSize);
    const start = this.#makeRoom(size);
    let at = writeHead(this.bytes, start, FLAG.more, topicSize);
    const { bytes } = topic;
    // For short topics a loop is faster than `set`, which is a call out of compiled code.
    for (let i = 0; i < topicSize; i++) this.bytes[at + i] = bytes[i] ?? 0;
    at = writeHead(this.bytes, at + topicSize, 0, payloadSize);
    write(this.bytes, at);
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
    this.#times = moved(this.#times, new Float64Array(mask + 1));
    this.#before = moved(this.#before, new Float64Array(mask + 1));
    this.#topics = moved(this.#topics, new Array(mask + 1));
    this.#mask = mask;
  }

  #overlaps(index: number, start: number, end: number): boolean {
    return this.startOf(index) < end && this.endOf(index) > start;
  }

  /** Index of a topic's oldest event in the log after `seq`; undefined without one. */
  firstAfter(topic: Topic, seq: number): number | undefined {
    return this.#first(topic, (index) => this.seqOf(index) > seq);
  }

  /** Wire number of a topic's oldest event in the log from an index on; else of its next one. */
  seqFrom(topic: Topic, index: number): number {
    const first = this.#first(topic, (at) => at >= index);
    return first === undefined ? topic.seq + 1 : this.seqOf(first);
  }

  /** Whether the log has every past event of a topic that is wanted. */
  hasPast(topic: Topic, { last, since }: PastBounds): boolean {
    if (since >= this.keptSince) return true;
    return topic.seq + 1 - this.firstPast(topic, { last, since }) >= last;
  }

  /** Wire number of the first of a topic's last events; that of the next one without any. */
  firstPast(topic: Topic, { last, since }: PastBounds): number {
    const isPast = (index: number) =>
      this.seqOf(index) > topic.seq - last && (this.#times[index & this.#mask] ?? 0) >= since;
    const first = this.#first(topic, isPast);
    return first === undefined ? topic.seq + 1 : this.seqOf(first);
  }

  /** Index of the oldest of a topic's latest events that all fulfil the condition. */
  #first(topic: Topic, holds: (index: number) => boolean): number | undefined {
    let found: number | undefined;
    for (let index = topic.last; index >= this.tail && holds(index);) {
      found = index;
      index = this.#before[index & this.#mask] ?? -1;
    }
    return found;
  }
}
