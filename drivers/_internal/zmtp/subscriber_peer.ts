import type { PeerState } from "../../contract/pubsub.ts";
import type { Connection, SendSource } from "./connection.ts";
import { COMMAND, commandData } from "./session.ts";
import type { Topic } from "./topic_table.ts";
import { byteText } from "./topic_table.ts";
import type { WireLog } from "./wire_log.ts";

/** The most bytes that are sent in one call. */
const RUN_BYTES = 256 * 1024;
const MAX_SHOWN_TOPICS = 100;
/** What is left of an event that was sent in part is copied up to this size. */
const MAX_COPIED_BYTES = 64 * 1024;

/** What became of the events for one peer. */
export interface PeerCounters {
  /** Skipped, as it was too far behind: at most so many, events of other topics among them. */
  skipped: number;
  /** Sent again after a connection was lost. */
  replayed: number;
  /** Asked for, and no longer kept. */
  lost: number;
}

/**
 * One subscriber: what it wants, and how far it is in the log.
 *
 * A subscriber with our session names topics; one without has prefixes, each as often as it
 * subscribed to it.
 */
export class SubscriberPeer implements SendSource {
  readonly connectedAt = Date.now();
  readonly counters: PeerCounters = { skipped: 0, replayed: 0, lost: 0 };
  /** Of a subscriber with our session. */
  readonly topics = new Set<Topic>();
  /** Set before it can want anything. */
  connection!: Connection;
  isSession = false;
  /** Whether it is in the list of those to be sent to. */
  isQueued = false;
  /** Whether it has been sent all that it wants: then its place in the log says nothing. */
  isCaughtUp = true;
  readonly #log: WireLog;
  readonly #onSkipped: (peer: SubscriberPeer, topics: Iterable<Topic>) => void;
  /** How often each prefix was subscribed to, and the lengths of prefixes. */
  readonly #prefixes = new Map<string, number>();
  #prefixBytes = 0;
  #next = 0;
  /** Bytes of event `next` that have been sent. */
  #sent = 0;
  /** What is left of an event that was sent in part. */
  #rest: Uint8Array<ArrayBuffer> | undefined;
  /** While it is sent old events: where each topic begins, and where the others do. */
  readonly #floors = new Map<Topic, number>();
  #otherFloor = 0;
  /** The topic that was looked at last in this run, and whether it is wanted. */
  #lastTopic: Topic | undefined;
  #wantsLast = false;
  /** The last event of each topic that its application has, as it reports, and since when. */
  readonly #applied = new Map<Topic, number>();
  #appliedAt: number | undefined;
  #isClosed = false;

  /** @param onSkipped told when it has missed events of these topics */
  constructor(log: WireLog, onSkipped: (peer: SubscriberPeer, topics: Iterable<Topic>) => void) {
    this.#log = log;
    this.#onSkipped = onSkipped;
  }

  /** How many subscriptions it has, and their bytes. */
  get subscriptions(): { readonly count: number; readonly bytes: number } {
    const count = this.topics.size + this.#prefixes.size;
    return { count, bytes: this.#prefixBytes };
  }

  /** What it subscribed to first, as text. */
  get #shownTopics(): string[] {
    if (this.isSession) {
      return Array.from(this.topics.values().take(MAX_SHOWN_TOPICS), ({ name }) => name);
    }
    const bytesOf = (prefix: string) => Uint8Array.from(prefix, (byte) => byte.charCodeAt(0));
    const prefixes = this.#prefixes.keys().take(MAX_SHOWN_TOPICS);
    return Array.from(prefixes, (prefix) => new TextDecoder().decode(bytesOf(prefix)));
  }

  /** Whether it gets the events of a topic. */
  gets(topic: Topic): boolean {
    if (this.#isClosed) return false;
    if (this.isSession) return this.topics.has(topic);
    for (const prefix of this.#prefixes.keys()) if (topic.key.startsWith(prefix)) return true;
    return false;
  }

  /** Subscribes to a prefix once more. */
  addPrefix(prefix: Uint8Array): void {
    const key = byteText(prefix);
    const count = this.#prefixes.get(key) ?? 0;
    if (count === 0) this.#prefixBytes += key.length;
    this.#prefixes.set(key, count + 1);
  }

  removePrefix(prefix: Uint8Array): void {
    const key = byteText(prefix);
    const count = this.#prefixes.get(key) ?? 0;
    if (count > 1) this.#prefixes.set(key, count - 1);
    else if (this.#prefixes.delete(key)) this.#prefixBytes -= key.length;
  }

  /** It wants a topic, and has the events up to number `have` of it; 0 for none. */
  want(topic: Topic, have: number): void {
    const log = this.#log;
    this.topics.add(topic);
    topic.peers.add(this);
    const isKnown = have > 0 && have <= topic.seq;
    const from = isKnown ? log.firstAfter(topic, have) : undefined;
    const next = from === undefined ? topic.seq + 1 : log.seqOf(from);
    if (isKnown) {
      this.counters.lost += next - have - 1;
      this.counters.replayed += topic.seq + 1 - next;
    }
    this.#sendFrom(topic, from ?? log.head);
    this.tellLive(topic, next);
  }

  /** It wants the topic no more. */
  drop(topic: Topic): void {
    this.topics.delete(topic);
    this.#applied.delete(topic);
    topic.peers.delete(this);
  }

  /** Its application has the events of a topic up to this one. */
  noteApplied(topic: Topic, seq: number): void {
    if (!this.topics.has(topic)) return;
    this.#applied.set(topic, Math.min(seq, topic.seq));
    this.#appliedAt = performance.now();
  }

  #appliedState(): ReturnType<PeerState["applied"]> {
    if (this.#appliedAt === undefined) return undefined;
    let behind = 0;
    for (const [{ seq }, applied] of this.#applied) behind += seq - applied;
    return { behind, ageMs: Math.round(performance.now() - this.#appliedAt) };
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
    for (const [other, floor] of this.#floors) {
      if (other !== topic && floor < this.#next) this.#floors.set(other, this.#next);
    }
    this.#next = index;
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
    this.checkPlace();
    this.#lastTopic = undefined;
    this.#wantsLast = false;
    const log = this.#log;
    while (this.#next < log.head && !this.#wants(this.#next)) this.#next++;
    if (this.#next >= log.head) {
      this.isCaughtUp = true;
      this.#floors.clear();
      this.#otherFloor = 0;
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
    // Most events have the topic of the one before.
    if (topic !== this.#lastTopic) {
      this.#lastTopic = topic;
      this.#wantsLast = topic !== undefined && topic.peers.has(this);
    }
    if (!this.#wantsLast || topic === undefined) return false;
    if (this.#otherFloor === 0 && this.#floors.size === 0) return true;
    return index >= (this.#floors.get(topic) ?? this.#otherFloor);
  }

  sent(bytes: number): void {
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

  /** Skips to the newest event when the next one is no longer kept. */
  checkPlace(): void {
    const log = this.#log;
    if (this.isCaughtUp || this.#next >= log.tail || this.connection.isClosed) return;
    if (this.#sent > 0) {
      return this.connection.close("an event that it was sent in part is no longer kept");
    }
    const from = this.#next;
    this.counters.skipped += log.head - from;
    this.#next = log.head;
    this.#floors.clear();
    this.#otherFloor = 0;
    this.#onSkipped(this, this.#missedSince(from));
  }

  *#missedSince(index: number): Iterable<Topic> {
    for (const topic of this.topics) if (topic.last >= index) yield topic;
  }

  /** How far it is behind, at most: events of other topics among them. */
  get lag(): number {
    return this.isCaughtUp ? 0 : this.#log.head - this.#next;
  }

  /** What waits for it in the log. */
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
    return {
      address: stream.peer,
      session: peer?.session,
      socketType: peer?.socketType ?? "",
      topics: () => this.#shownTopics,
      topicCount: this.subscriptions.count,
      connectedAt: this.connectedAt,
      lag: this.lag,
      backlog: () => this.backlog,
      applied: () => this.#appliedState(),
      ...this.counters,
    };
  }

  /** It gets nothing more. */
  close(): void {
    this.#isClosed = true;
  }
}
