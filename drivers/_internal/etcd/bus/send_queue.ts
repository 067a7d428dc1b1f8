import type { DriverError } from "../../../contract/errors.ts";
import { MAX_OPERATIONS } from "../range_readings.ts";

/** Maximum number of events in a put. */
export const MAX_EVENTS = 128;
/** Size of the events of a request, in bytes, from which on nothing is added: etcd takes 1.5 MiB. */
const REQUEST_BYTES = 512 * 1024;
const MAX_QUEUED = 10_000;
const MAX_QUEUED_BYTES = 64 * 1024 * 1024;

/** An event that is queued, or that waits for the answer. */
export class QueuedFrame {
  readonly topic: string;
  readonly payload: Uint8Array;
  /** Gets the error of an event that etcd has not accepted. */
  readonly onAnswer: (error?: DriverError) => void;
  /** Whether it has not been sent. */
  isQueued = true;

  constructor(topic: string, payload: Uint8Array, onAnswer: (error?: DriverError) => void) {
    this.topic = topic;
    this.payload = payload;
    this.onAnswer = onAnswer;
  }
}

/** Events of one topic that share a put. */
export interface TopicPut {
  readonly topic: string;
  readonly frames: readonly QueuedFrame[];
  /** Whether the put was split and another part of it follows. @default false */
  readonly hasNext?: boolean;
}

/**
 * Queues events for requests. A topic has at most one request at a time, which keeps its order. A
 * request has puts of several topics; a put has one event, or up to 128 of a topic with a burst.
 */
export class SendQueue {
  readonly #burst: number;
  /** The topics with queued events, in the order of their turns. */
  readonly #queued = new Map<string, QueuedFrame[]>();
  readonly #busy = new Set<string>();
  #frames = 0;
  #bytes = 0;

  /** @param burst number of queued events of a topic that makes a burst; 0 for none */
  constructor(burst: number) {
    this.#burst = burst === 0 ? Infinity : burst;
  }

  /** Number of events without an answer. */
  get size(): number {
    return this.#frames;
  }

  /** Whether there is room for another event. */
  get hasRoom(): boolean {
    return this.#frames < MAX_QUEUED && this.#bytes < MAX_QUEUED_BYTES;
  }

  add(frame: QueuedFrame): void {
    const queued = this.#queued.get(frame.topic);
    if (queued === undefined) this.#queued.set(frame.topic, [frame]);
    else queued.push(frame);
    this.#frames++;
    this.#bytes += frame.payload.length;
  }

  /** Removes an event. Returns false if it may have been sent already. */
  remove(frame: QueuedFrame): boolean {
    if (!frame.isQueued) return false;
    const queued = this.#queued.get(frame.topic) ?? [];
    queued.splice(queued.indexOf(frame), 1);
    if (queued.length === 0) this.#queued.delete(frame.topic);
    this.#count(frame);
    return true;
  }

  /** Takes the puts of the next request; none if every topic has one under way. */
  take(): TopicPut[] {
    const puts: TopicPut[] = [];
    let room = REQUEST_BYTES;
    for (const [topic, queued] of [...this.#queued]) {
      if (this.#busy.has(topic)) continue;
      const frames = this.#takeOf(queued, room);
      for (const frame of frames) frame.isQueued = false;
      room -= sizeOf(frames);
      puts.push({ topic, frames });
      this.#busy.add(topic);
      this.#queued.delete(topic);
      // The next turn of the topic is after all others.
      if (queued.length > 0) this.#queued.set(topic, queued);
      if (puts.length === MAX_OPERATIONS || room <= 0) break;
    }
    return puts;
  }

  #takeOf(queued: QueuedFrame[], room: number): QueuedFrame[] {
    if (queued.length < this.#burst) return queued.splice(0, 1);
    let [count, size] = [0, 0];
    while (count < Math.min(queued.length, MAX_EVENTS) && size < room) {
      size += queued[count++]?.payload.length ?? 0;
    }
    return queued.splice(0, count);
  }

  /** Puts events back that were certainly not sent; of a split put, all parts that are left. */
  putBack(puts: readonly TopicPut[]): void {
    for (const { topic, frames } of puts.toReversed()) {
      this.#busy.delete(topic);
      for (const frame of frames) frame.isQueued = true;
      this.#queued.set(topic, [...frames, ...this.#queued.get(topic) ?? []]);
    }
  }

  /** Notes the answer for puts. After the last part of its put a topic may have its next request. */
  settle(puts: readonly TopicPut[], error?: DriverError): void {
    for (const { topic, frames, hasNext = false } of puts) {
      if (!hasNext) this.#busy.delete(topic);
      for (const frame of frames) {
        this.#count(frame);
        frame.onAnswer(error);
      }
    }
  }

  #count({ payload }: QueuedFrame): void {
    this.#frames--;
    this.#bytes -= payload.length;
  }
}

function sizeOf(frames: readonly QueuedFrame[]): number {
  return frames.reduce((sum, { payload }) => sum + payload.length, 0);
}

/** The puts one by one, or the events of a single put. */
export function partsOf(puts: readonly TopicPut[]): readonly TopicPut[] {
  const [first] = puts;
  if (puts.length !== 1 || first === undefined) return puts;
  const { topic, frames } = first;
  return frames.map((frame) => ({ topic, frames: [frame], hasNext: frame !== frames.at(-1) }));
}
