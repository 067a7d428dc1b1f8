import type { PeerState } from "../../../contract/pubsub.ts";
import type { Connection } from "../connection.ts";
import { LogCursor } from "./log_cursor.ts";
import { PeerApplied } from "./peer_applied.ts";
import { PeerView } from "./peer_view.ts";
import { PrefixSet } from "./prefix_set.ts";
import { COMMAND, commandData, type PastAnswer } from "../session.ts";
import type { Topic } from "./topic_table.ts";
import type { PastBounds, WireLog } from "./wire_log.ts";

const MAX_SHOWN_TOPICS = 100;
/** Estimated memory of an entry in a map and a set, and of a topic, in bytes. */
const ENTRY_BYTES = 100;
const TOPIC_BYTES = 300;
/**
 * Interval of unrequested reports, in milliseconds. A subscriber that reported more recently might
 * not report again unless this end requests it.
 */
const REPORT_EVERY_MS = 1_000;

/** Callbacks of a {@linkcode SubscriberPeer}. */
export interface SubscriberPeerOwner {
  /** The peer has missed events of these topics. */
  onSkipped(peer: SubscriberPeer, topics: Iterable<Topic>): void;
  /** The peer has used its share and there is more: call {@linkcode SubscriberPeer.pump} later. */
  onBehind(peer: SubscriberPeer): void;
}

/** What became of the events for one peer. */
export interface PeerCounters {
  /**
   * Events skipped because the peer was too far behind: an upper bound, counted over all topics.
   */
  skipped: number;
  /** Events that were replayed after a reconnect. */
  replayed: number;
  /** Events that the peer requested and that the log no longer holds. */
  lost: number;
}

/**
 * One subscriber: its subscriptions, and its cursor in the log.
 *
 * A subscriber with our session subscribes to topics, any other to prefixes.
 */
export class SubscriberPeer extends LogCursor {
  readonly connectedAt = Date.now();
  readonly counters: PeerCounters = { skipped: 0, replayed: 0, lost: 0 };
  /** Topics that the peer receives. Without our session, only topics that had events. */
  readonly topics = new Set<Topic>();
  /** Set before the peer can subscribe to anything. */
  connection!: Connection;
  readonly #owner: SubscriberPeerOwner;
  /** Only for a peer without our session. */
  readonly prefixes = new PrefixSet();
  /** Number of topics that its estimated memory includes: it was the first to use them. */
  #counted = 0;
  readonly applied = new PeerApplied();
  #onRoom: (() => void) | undefined;

  constructor(log: WireLog, owner: SubscriberPeerOwner) {
    super(log);
    this.#owner = owner;
  }

  /** Whether the peer has our session. */
  get isSession(): boolean {
    return this.connection.session !== undefined;
  }

  /** Resolves when everything that was queued is sent, or the connection is closed. */
  room(): Promise<void> {
    const { isClosed, outgoing } = this.connection;
    if (isClosed || outgoing.queuedBytes === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onRoom = resolve);
  }

  noteRoom(): void {
    this.#onRoom?.();
    this.#onRoom = undefined;
  }

  override next(): Uint8Array<ArrayBuffer> | undefined {
    if (this.#onRoom !== undefined) this.noteRoom();
    return super.next();
  }

  /** Whether its connection is encrypted. */
  get isSecured(): boolean {
    return this.connection.stream.delayedMs !== undefined;
  }

  /** Sends the peer its share. */
  pump(): void {
    this.beginShare();
    this.connection.pump();
  }

  protected hasTopic(topic: Topic): boolean {
    return this.topics.has(topic);
  }

  protected onShareUsed(): void {
    this.#owner.onBehind(this);
  }

  protected onSkippedFrom(index: number): void {
    this.counters.skipped += this.log.flushed - index;
    this.#owner.onSkipped(this, this.#missedSince(index));
  }

  protected onCut(): void {
    this.connection.close("an event that it was sent in part is no longer kept");
  }

  /** The name of the peer in log messages. */
  get label(): string {
    const { stream } = this.connection;
    const { session } = this.connection;
    return session === undefined
      ? stream.peer
      : `${session.node} (${stream.peer}, process ${session.processId})`;
  }

  /** Totals for this peer, including the events that it will skip once it reads again. */
  get totals(): PeerCounters {
    return { ...this.counters, skipped: this.counters.skipped + this.overrunEvents };
  }

  get subscriptions(): number {
    return this.isSession ? this.topics.size : this.prefixes.size;
  }

  /** Estimated memory of the peer, in bytes. */
  get memory(): number {
    const entries = this.topics.size + this.prefixes.size + this.applied.size;
    const waiting = this.connection.outgoing.queuedBytes + this.restBytes;
    return entries * ENTRY_BYTES + this.prefixes.bytes + this.#counted * TOPIC_BYTES + waiting;
  }

  /** The topics or prefixes that the peer subscribed to first, as text. */
  firstTopics(most = MAX_SHOWN_TOPICS): string[] {
    if (!this.isSession) return this.prefixes.names(most);
    const names: string[] = [];
    for (const { name } of this.topics) if (names.push(name) >= most) break;
    return names;
  }

  /** Whether the peer receives the events of a topic. */
  gets(topic: Topic): boolean {
    return this.isSession ? this.topics.has(topic) : this.prefixes.matches(topic);
  }

  /** Subscribes the peer to a topic from wire number `wanted` on; 0 means from now on. */
  want(topic: Topic, wanted: number): void {
    const log = this.log;
    const isUnused = topic.peers.size === 0 && topic.last < 0;
    if (!this.topics.has(topic) && (isUnused || topic.countedFor === this)) {
      topic.countedFor = this;
      this.#counted++;
    }
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
    this.sendFrom(topic, from ?? log.head);
    this.tellLive(topic, next);
  }

  /** Subscribes the peer to a topic from past events on, and says which ones follow. */
  wantPast(topic: Topic, wanted: PastBounds): void {
    const next = this.log.firstPast(topic, wanted);
    const end = topic.seq + 1;
    this.tellPast(topic, { end, frames: end - next, keptSince: this.log.keptSince });
    this.want(topic, next);
  }

  /** Queues a `past` command. */
  tellPast(topic: Topic, { end, frames, keptSince }: PastAnswer): void {
    const data = commandData([end, frames, Math.floor(keptSince)], topic.key);
    this.connection.queueCommand(COMMAND.past, data);
  }

  forget(topic: Topic): void {
    if (this.topics.delete(topic) && topic.countedFor === this) this.#counted--;
    this.applied.forget(topic);
  }

  /** Forgets all topics, and returns them. */
  forgetAll(): readonly Topic[] {
    const topics = [...this.topics];
    this.topics.clear();
    this.#counted = 0;
    this.applied.forgetAll();
    return topics;
  }

  /** The application of the peer has the events of a topic up to `seq`. */
  noteApplied(topic: Topic, seq: number): void {
    if (this.topics.has(topic)) this.applied.note(topic, seq);
  }

  /**
   * Requests a report for when the application has this event. Returns false if it was already
   * requested, if the peer has no session, or if it reports without a request.
   */
  requestReport(topic: Topic, seq: number): boolean {
    if (!this.isSession || (this.applied.ageMs ?? 0) >= REPORT_EVERY_MS) return false;
    if (!this.applied.request(topic, seq)) return false;
    this.connection.queueCommand(COMMAND.report, commandData([seq], topic.key));
    return true;
  }

  /** Queues a `live` command with the wire number of the topic's next event. */
  tellLive(topic: Topic, next: number): void {
    this.connection.queueCommand(COMMAND.live, commandData([next], topic.key));
  }

  *#missedSince(index: number): Iterable<Topic> {
    for (const topic of this.topics) if (topic.last >= index) yield topic;
  }

  /** Whether the kernel has taken everything for this peer, or the connection is closed. */
  get isDone(): boolean {
    const { connection } = this;
    const isSent = this.isCaughtUp && this.isBetweenMessages && !connection.outgoing.isBlocked;
    return connection.isClosed || isSent && connection.outgoing.queuedBytes === 0;
  }

  /** Each value is read when it is used, so 1,000 states cost almost nothing. */
  get state(): PeerState {
    return new PeerView(this);
  }
}
