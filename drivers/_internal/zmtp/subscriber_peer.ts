import type { PeerState } from "../../contract/pubsub.ts";
import type { Connection, SendSource } from "./connection.ts";
import { COMMAND, commandData } from "./session.ts";
import type { Topic } from "./topic_table.ts";
import { byteText } from "./topic_table.ts";
import type { WireLog } from "./wire_log.ts";

/** Maximum number of bytes that are sent in one call. */
const RUN_BYTES = 256 * 1024;
/** What is left of an event that was sent in part is copied up to this size. */
const MAX_COPIED_BYTES = 64 * 1024;
const DECODER = new TextDecoder();

/** Estimated memory of an entry in a map and a set, and of a topic. */
const ENTRY_BYTES = 100;
const TOPIC_BYTES = 500;

/** Called by a {@linkcode SubscriberPeer}. */
export interface SubscriberPeerOwner {
  /** It has missed events of these topics. */
  onSkipped(peer: SubscriberPeer, topics: Iterable<Topic>): void;
  /** It has had its share and there is more: {@linkcode SubscriberPeer.pump} it later. */
  onBehind(peer: SubscriberPeer): void;
}

/** What became of the events for one peer. */
export interface PeerCounters {
  /** Events that were skipped because it was too far behind; an upper bound, for all topics. */
  skipped: number;
  /** Events that were replayed after a reconnect. */
  replayed: number;
  /** Events that it asked for and that the log no longer holds. */
  lost: number;
}

/**
 * One subscriber: its subscriptions, and its cursor in the log.
 *
 * A subscriber with our session names topics; one without has prefixes, each as often as it
 * subscribed to it.
 */
export class SubscriberPeer implements SendSource {
  readonly connectedAt = Date.now();
  readonly counters: PeerCounters = { skipped: 0, replayed: 0, lost: 0 };
  /** Topics that it gets; of one without our session, those that had events. */
  readonly topics = new Set<Topic>();
  /** Set before it can want anything. */
  connection!: Connection;
  isSession = false;
  /** Whether it is in the list of those to be sent to. */
  isQueued = false;
  /** Whether it is in the list of those that have had their share. */
  isBehind = false;
  /** Whether it has been sent all that it wants; then its cursor has no meaning. */
  isCaughtUp = true;
  readonly #log: WireLog;
  readonly #owner: SubscriberPeerOwner;
  /** How often each prefix was subscribed to, and how many prefixes there are of each length. */
  readonly #prefixes = new Map<string, number>();
  readonly #lengths = new Map<number, number>();
  #prefixBytes = 0;
  /** Of topics that nobody else knew. */
  #topicBytes = 0;
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
  #isClosed = false;

  constructor(log: WireLog, owner: SubscriberPeerOwner) {
    this.#log = log;
    this.#owner = owner;
  }

  /** Lets it be sent its share. */
  pump(): void {
    this.#share = RUN_BYTES;
    this.connection.pump();
  }

  /** How many subscriptions it has. */
  get subscriptions(): number {
    return this.isSession ? this.topics.size : this.#prefixes.size;
  }

  /** Estimate of the memory that it takes, in bytes. */
  get memory(): number {
    const entries = this.topics.size + this.#prefixes.size;
    const waiting = this.connection.queuedCommandBytes + (this.#rest?.length ?? 0);
    return entries * ENTRY_BYTES + this.#prefixBytes + this.#topicBytes + waiting;
  }

  /** What it subscribed to, as text. */
  get topicNames(): string[] {
    return this.isSession ? [...this.topics].map(({ name }) => name) : [...this.#prefixes.keys()]
      .map((key) => DECODER.decode(Uint8Array.from(key, (byte) => byte.charCodeAt(0))));
  }

  /** Whether it gets the events of a topic. */
  gets(topic: Topic): boolean {
    if (this.#isClosed) return false;
    if (this.isSession) return this.topics.has(topic);
    for (const length of this.#lengths.keys()) {
      if (length <= topic.key.length && this.#prefixes.has(topic.key.slice(0, length))) return true;
    }
    return false;
  }

  /** Subscribes to a prefix once more. */
  addPrefix(prefix: Uint8Array): void {
    const key = byteText(prefix);
    const count = this.#prefixes.get(key) ?? 0;
    this.#prefixes.set(key, count + 1);
    if (count === 0) this.#notePrefix(key.length, 1);
  }

  removePrefix(prefix: Uint8Array): void {
    const key = byteText(prefix);
    const count = this.#prefixes.get(key) ?? 0;
    if (count > 1) this.#prefixes.set(key, count - 1);
    else if (this.#prefixes.delete(key)) this.#notePrefix(key.length, -1);
  }

  #notePrefix(length: number, change: 1 | -1): void {
    this.#prefixBytes += change * length;
    const count = (this.#lengths.get(length) ?? 0) + change;
    if (count > 0) this.#lengths.set(length, count);
    else this.#lengths.delete(length);
  }

  /** It wants a topic from the event with this number on; 0 for those sent from now on. */
  want(topic: Topic, wanted: number): void {
    const log = this.#log;
    if (topic.peers.size === 0 && topic.last < 0) this.#topicBytes += TOPIC_BYTES;
    this.topics.add(topic);
    topic.peers.add(this);
    const isKnown = wanted > 0 && wanted <= topic.seq + 1;
    const from = isKnown ? log.firstAfter(topic, wanted - 1) : undefined;
    const next = from === undefined ? topic.seq + 1 : log.seqOf(from);
    if (isKnown && !this.connection.spend("replays", topic.seq + 1 - next)) return;
    if (isKnown) {
      this.counters.lost += next - wanted;
      this.counters.replayed += topic.seq + 1 - next;
    }
    this.#sendFrom(topic, from ?? log.head);
    this.tellLive(topic, next);
  }

  /** Tells it the number of the next event of a topic, when the connection is pumped next. */
  tellLive(topic: Topic, next: number): void {
    this.connection.queueCommand(COMMAND.live, commandData([next], topic.bytes));
  }

  /** Has the events of a topic begin at a place in the log. */
  #sendFrom(topic: Topic, index: number): void {
    const log = this.#log;
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
    if (this.isCaughtUp) return undefined;
    this.#checkPlace();
    this.#lastTopic = undefined;
    this.#wantsLast = false;
    const log = this.#log;
    // An event that was sent in part is sent to its end, even if it is no longer wanted.
    while (this.#sent === 0 && this.#next < log.head && !this.#wants(this.#next)) this.#next++;
    if (this.#next >= log.head) {
      this.isCaughtUp = true;
      this.#floors.clear();
      this.#otherFloor = 0;
      return undefined;
    }
    if (this.#share <= 0) {
      this.#owner.onBehind(this);
      return undefined;
    }
    const start = log.startOf(this.#next) + this.#sent;
    let end = log.endOf(this.#next);
    for (let index = this.#next + 1; index < log.head && end - start < RUN_BYTES; index++) {
      if (log.startOf(index) !== end || !this.#wants(index)) break;
      end = log.endOf(index);
    }
    return log.bytes.subarray(start, end);
  }

  #wants(index: number): boolean {
    const topic = this.#log.topicOf(index);
    // Usually an event has the topic of the event before.
    if (topic !== this.#lastTopic) {
      this.#lastTopic = topic;
      this.#wantsLast = topic !== undefined && topic.peers.has(this);
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
    const log = this.#log;
    const sizeOf = (index: number) => log.endOf(index) - log.startOf(index);
    let left = this.#sent + bytes;
    while (left > 0 && left >= sizeOf(this.#next)) left -= sizeOf(this.#next++);
    this.#sent = left;
    if (left > 0 && sizeOf(this.#next) - left <= MAX_COPIED_BYTES) this.#finishEvent();
  }

  /** Keeps what is left of an event that was sent in part, and goes on to the next one. */
  #finishEvent(): void {
    if (this.#sent === 0) return;
    const log = this.#log;
    this.#rest = log.bytes.slice(log.startOf(this.#next) + this.#sent, log.endOf(this.#next));
    this.#next++;
    this.#sent = 0;
  }

  /** Whether events that it has not been sent are no longer kept. */
  get isOverrun(): boolean {
    return !this.isCaughtUp && this.#next < this.#log.tail;
  }

  /**
   * Skips to the newest event when the log no longer holds the next one. Only when it is sent something: a
   * subscriber that does not read skips once, when it reads again.
   */
  #checkPlace(): void {
    const log = this.#log;
    if (!this.isOverrun) return;
    if (this.#sent > 0) {
      return this.connection.close("an event that it was sent in part is no longer kept");
    }
    const from = this.#next;
    this.counters.skipped += log.head - from;
    this.#next = log.head;
    this.#floors.clear();
    this.#otherFloor = 0;
    this.#owner.onSkipped(this, this.#missedSince(from));
  }

  *#missedSince(index: number): Iterable<Topic> {
    for (const topic of this.topics) if (topic.last >= index) yield topic;
  }

  /** Number of events that it is behind; an upper bound, for all topics. */
  get lag(): number {
    return this.isCaughtUp ? 0 : this.#log.head - this.#next;
  }

  /** Events of the log that it wants and has not been sent. */
  get backlog(): { readonly events: number; readonly bytes: number } {
    let events = 0;
    let bytes = this.#rest?.length ?? 0;
    if (this.isCaughtUp) return { events, bytes };
    this.#lastTopic = undefined;
    for (let index = Math.max(this.#next, this.#log.tail); index < this.#log.head; index++) {
      if (!this.#wants(index)) continue;
      events++;
      bytes += this.#log.endOf(index) - this.#log.startOf(index);
    }
    return { events, bytes: bytes - this.#sent };
  }

  /** Whether all that it is to get has been taken by the kernel. */
  get isDone(): boolean {
    const { connection } = this;
    const isSent = this.isCaughtUp && this.isBetweenMessages && !connection.isBlocked;
    return connection.isClosed || isSent && connection.queuedCommandBytes === 0;
  }

  /** What is known of it. */
  get state(): PeerState {
    const { peer, stream } = this.connection;
    const session = peer?.session;
    return {
      address: stream.peer,
      ...(session === undefined ? {} : { session }),
      socketType: peer?.socketType ?? "",
      topics: this.topicNames,
      connectedAt: this.connectedAt,
      backlog: this.backlog,
      ...this.counters,
      skipped: this.counters.skipped + (this.isOverrun ? this.#log.tail - this.#next : 0),
    };
  }

  /** It gets nothing more. */
  close(): void {
    this.#isClosed = true;
  }
}
