import type { SendSource } from "../connection_types.ts";
import type { Topic } from "./topic_table.ts";
import type { WireLog } from "./wire_log.ts";

/** A send call takes no further event once it has this number of bytes. Also a share's size. */
const RUN_BYTES = 256 * 1024;
/** Maximum rest of a partly sent event that the cursor copies after a send, in bytes. */
const MAX_COPIED_BYTES = 64 * 1024;

/** The cursor of one subscriber in the log; provides the bytes to send to it next. */
export abstract class LogCursor implements SendSource {
  /** Whether the cursor has sent all that the subscriber wants. `#next` then has no meaning. */
  isCaughtUp = true;
  protected readonly log: WireLog;
  #next = 0;
  /** Number of bytes of event `#next` that have been sent. */
  #sent = 0;
  /** A copy of the unsent rest of a partly sent event. */
  #rest: Uint8Array<ArrayBuffer> | undefined;
  /** During a replay: the first index to send, per topic and for all other topics. */
  readonly #floors = new Map<Topic, number>();
  #otherFloor = 0;
  /** The index of the last rewind. Nothing has been sent since then while `#next` equals it. */
  #rewoundTo = -1;
  /** Number of bytes that it may still be sent before other subscribers get their share. */
  #share = 0;
  /** The topic last checked in this run, and whether the subscriber wants it. */
  #lastTopic: Topic | undefined;
  #wantsLast = false;

  constructor(log: WireLog) {
    this.log = log;
  }

  /** Whether the subscriber currently receives a topic. */
  protected abstract hasTopic(topic: Topic): boolean;
  /**
   * Called when the share is used up and there is more to send. The implementation must arrange a
   * later {@linkcode LogCursor.beginShare}.
   */
  protected abstract onShareUsed(): void;
  /**
   * Called when the cursor has skipped from `index` to the newest event, because the log no longer
   * holds the event at `index`.
   */
  protected abstract onSkippedFrom(index: number): void;
  /** Called when the log no longer holds the rest of a partly sent event. */
  protected abstract onCut(): void;

  /** Gives the subscriber a new share of bytes to send. */
  beginShare(): void {
    this.#share = RUN_BYTES;
  }

  /** Number of copied bytes of a partly sent event that are still to be sent. */
  protected get restBytes(): number {
    return this.#rest?.length ?? 0;
  }

  /** Sends the events of a topic from an index in the log on. Rewinds the cursor if needed. */
  protected sendFrom(topic: Topic, index: number): void {
    const log = this.log;
    if (this.isCaughtUp) {
      if (index === log.head) return;
      this.#next = log.head;
      this.isCaughtUp = false;
    }
    this.#floors.set(topic, index);
    if (index >= this.#next) return;
    // The other topics continue from their current index.
    this.#finishEvent();
    this.#otherFloor = Math.max(this.#otherFloor, this.#next);
    if (this.#next !== this.#rewoundTo) {
      for (const [other, floor] of this.#floors) {
        if (other !== topic && floor < this.#next) this.#floors.set(other, this.#next);
      }
    }
    this.#next = this.#rewoundTo = index;
  }

  /**
   * Restarts a caught-up cursor at `index`. Called when the log has a new event that the subscriber
   * wants.
   */
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
    // Events between `#next` and the head may be older than the subscription to their topic.
    if (this.isCaughtUp) return undefined;
    if (!this.#checkPlace()) return undefined;
    this.#lastTopic = undefined;
    this.#wantsLast = false;
    const log = this.log;
    // Send a partly sent event to its end, even if the subscriber no longer wants it.
    while (this.#sent === 0 && this.#next < log.flushed && !this.#wants(this.#next)) this.#next++;
    if (this.#next >= log.flushed) {
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
    // The rest of an event is sent alone: commands that wait for its end precede the next event.
    const last = this.#sent > 0 ? this.#next : log.flushed - 1;
    for (let index = this.#next + 1; index <= last && end - start < RUN_BYTES; index++) {
      if (log.startOf(index) !== end || !this.#wants(index)) break;
      end = log.endOf(index);
    }
    return log.view(start, end);
  }

  #wants(index: number): boolean {
    const topic = this.log.topicOf(index);
    // Consecutive events usually have the same topic.
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

  /** Copies the unsent rest of a partly sent event and advances to the next event. */
  #finishEvent(): void {
    if (this.#sent === 0) return;
    const log = this.log;
    this.#rest = log.bytes.slice(log.startOf(this.#next) + this.#sent, log.endOf(this.#next));
    this.#next++;
    this.#sent = 0;
  }

  /** Whether the log no longer holds events that have yet to be sent to the subscriber. */
  get isOverrun(): boolean {
    return !this.isCaughtUp && this.#next < this.log.tail;
  }

  /**
   * Skips to the newest event if the log no longer holds the next one. Only called when there is room
   * to send: a subscriber that does not read skips once, when it reads again.
   *
   * @returns whether it can go on
   */
  #checkPlace(): boolean {
    const log = this.log;
    if (!this.isOverrun) return true;
    if (this.#sent > 0) {
      this.onCut();
      return false;
    }
    const from = this.#next;
    this.#next = log.flushed;
    this.#forgetFloors();
    this.onSkippedFrom(from);
    return true;
  }

  /** Checks the size first: `clear` allocates, and this runs once per event and subscriber. */
  #forgetFloors(): void {
    if (this.#floors.size > 0) this.#floors.clear();
    this.#otherFloor = 0;
  }

  /** Upper bound of the number of events that are already lost for the subscriber. */
  protected get overrunEvents(): number {
    return this.isOverrun ? this.log.tail - this.#next : 0;
  }

  /** Upper bound of the number of events that the subscriber is behind, for all topics. */
  get lag(): number {
    return this.isCaughtUp ? 0 : this.log.head - this.#next;
  }

  /** Number and bytes of the events in the log that the subscriber wants and lacks. */
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
