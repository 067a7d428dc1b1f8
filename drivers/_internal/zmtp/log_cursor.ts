import type { SendSource } from "./connection_types.ts";
import type { Topic } from "./topic_table.ts";
import type { WireLog } from "./wire_log.ts";

/** Maximum number of bytes that are sent in one call. */
const RUN_BYTES = 256 * 1024;
/** What is left of an event that was sent in part is copied up to this size. */
const MAX_COPIED_BYTES = 64 * 1024;

/** How far one subscriber is in the log, and what it is sent next. */
export abstract class LogCursor implements SendSource {
  /** Whether it has been sent all that it wants; then its cursor has no meaning. */
  isCaughtUp = true;
  protected readonly log: WireLog;
  #next = 0;
  /** Bytes of event `next` that have been sent. */
  #sent = 0;
  /** What is left of an event that was sent in part. */
  #rest: Uint8Array<ArrayBuffer> | undefined;
  /** While it is sent old events: where each topic begins, and where the others do. */
  readonly #floors = new Map<Topic, number>();
  #otherFloor = 0;
  /** Where it has been rewound to; nothing was sent since while `next` is there. */
  #rewoundTo = -1;
  /** Bytes that it may be sent before others have their turn. */
  #share = 0;
  /** The topic that was looked at last in this run, and whether it is wanted. */
  #lastTopic: Topic | undefined;
  #wantsLast = false;

  constructor(log: WireLog) {
    this.log = log;
  }

  /** Whether the subscriber gets a topic at present. */
  protected abstract hasTopic(topic: Topic): boolean;
  /** It has had its share and there is more: {@linkcode LogCursor.beginShare} later. */
  protected abstract onShareUsed(): void;
  /** Events from this place on were skipped: they are no longer kept. */
  protected abstract onSkippedFrom(index: number): void;
  /** Part of an event was sent, and the rest is no longer kept. */
  protected abstract onCut(): void;

  /** It may be sent its share. */
  beginShare(): void {
    this.#share = RUN_BYTES;
  }

  /** Bytes of an event that was sent in part. */
  protected get restBytes(): number {
    return this.#rest?.length ?? 0;
  }

  /** Has the events of a topic begin at a place in the log. */
  protected sendFrom(topic: Topic, index: number): void {
    const log = this.log;
    if (this.isCaughtUp) {
      if (index === log.head) return;
      this.#next = log.head;
      this.isCaughtUp = false;
    }
    this.#floors.set(topic, index);
    if (index >= this.#next) return;
    // The other topics go on where they are.
    this.#finishEvent();
    this.#otherFloor = Math.max(this.#otherFloor, this.#next);
    if (this.#next !== this.#rewoundTo) {
      for (const [other, floor] of this.#floors) {
        if (other !== topic && floor < this.#next) this.#floors.set(other, this.#next);
      }
    }
    this.#next = this.#rewoundTo = index;
  }

  /** An event was sent that it wants, the first since it was caught up. */
  begin(index: number): void {
    this.isCaughtUp = false;
    this.#next = index;
    this.#sent = 0;
  }

  get isBetweenMessages(): boolean {
    return this.#rest === undefined && this.#sent === 0;
  }

  next(): Uint8Array<ArrayBuffer> | undefined {
    if (this.#rest !== undefined) return this.#rest;
    // Events from before it wanted their topic are between its place and the newest one.
    if (this.isCaughtUp) return undefined;
    this.#checkPlace();
    this.#lastTopic = undefined;
    this.#wantsLast = false;
    const log = this.log;
    // An event that was sent in part is sent to its end, even if it is no longer wanted.
    while (this.#sent === 0 && this.#next < log.head && !this.#wants(this.#next)) this.#next++;
    if (this.#next >= log.head) {
      this.isCaughtUp = true;
      this.#forgetFloors();
      return undefined;
    }
    if (this.#share <= 0) {
      this.onShareUsed();
      return undefined;
    }
    const start = log.startOf(this.#next) + this.#sent;
    let end = log.endOf(this.#next);
    for (let index = this.#next + 1; index < log.head && end - start < RUN_BYTES; index++) {
      if (log.startOf(index) !== end || !this.#wants(index)) break;
      end = log.endOf(index);
    }
    return log.view(start, end);
  }

  #wants(index: number): boolean {
    const topic = this.log.topicOf(index);
    // Usually an event has the topic of the event before.
    if (topic !== this.#lastTopic) {
      this.#lastTopic = topic;
      this.#wantsLast = topic !== undefined && this.hasTopic(topic);
    }
    if (!this.#wantsLast || topic === undefined) return false;
    if (this.#otherFloor === 0 && this.#floors.size === 0) return true;
    return index >= (this.#floors.get(topic) ?? this.#otherFloor);
  }

  sent(bytes: number): void {
    this.#share -= bytes;
    if (this.#rest !== undefined) {
      this.#rest = bytes < this.#rest.length ? this.#rest.subarray(bytes) : undefined;
      return;
    }
    const log = this.log;
    const sizeOf = (index: number) => log.endOf(index) - log.startOf(index);
    let left = this.#sent + bytes;
    while (left > 0 && left >= sizeOf(this.#next)) left -= sizeOf(this.#next++);
    this.#sent = left;
    if (left > 0 && sizeOf(this.#next) - left <= MAX_COPIED_BYTES) this.#finishEvent();
  }

  /** Keeps what is left of an event that was sent in part, and goes on to the next one. */
  #finishEvent(): void {
    if (this.#sent === 0) return;
    const log = this.log;
    this.#rest = log.bytes.slice(log.startOf(this.#next) + this.#sent, log.endOf(this.#next));
    this.#next++;
    this.#sent = 0;
  }

  /** Whether events that it has not been sent are no longer kept. */
  get isOverrun(): boolean {
    return !this.isCaughtUp && this.#next < this.log.tail;
  }

  /**
   * Skips to the newest event when the log no longer holds the next one. Only when it is sent something: a
   * subscriber that does not read skips once, when it reads again.
   */
  #checkPlace(): void {
    const log = this.log;
    if (!this.isOverrun) return;
    if (this.#sent > 0) return this.onCut();
    const from = this.#next;
    this.#next = log.head;
    this.#forgetFloors();
    this.onSkippedFrom(from);
  }

  /** Only when there are any: `clear` allocates, which would be once per event and subscriber. */
  #forgetFloors(): void {
    if (this.#floors.size > 0) this.#floors.clear();
    this.#otherFloor = 0;
  }

  /** Events that are already lost for it, at most. */
  protected get overrunEvents(): number {
    return this.isOverrun ? this.log.tail - this.#next : 0;
  }

  /** Number of events that it is behind; an upper bound, for all topics. */
  get lag(): number {
    return this.isCaughtUp ? 0 : this.log.head - this.#next;
  }

  /** Events of the log that it wants and has not been sent. */
  get backlog(): { readonly events: number; readonly bytes: number } {
    let events = 0;
    let bytes = this.#rest?.length ?? 0;
    if (this.isCaughtUp) return { events, bytes };
    this.#lastTopic = undefined;
    for (let index = Math.max(this.#next, this.log.tail); index < this.log.head; index++) {
      if (!this.#wants(index)) continue;
      events++;
      bytes += this.log.endOf(index) - this.log.startOf(index);
    }
    return { events, bytes: bytes - this.#sent };
  }
}
