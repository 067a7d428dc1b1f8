import { inNextTurn } from "../../contract/next_turn.ts";
import type { SubscriberPeer } from "./subscriber_peer.ts";
import type { Topic, TopicTable } from "./topic_table.ts";
import type { WireLog } from "./wire_log.ts";

/** At this number of unsent events or bytes, events are sent before the end of the turn. */
const MAX_UNFLUSHED = 4_096;
const MAX_UNFLUSHED_BYTES = 1024 * 1024;
/** Time for sending to peers that are behind before other work runs, in milliseconds. */
const CATCH_UP_MS = 2;

/** Schedules sending: new events once per turn, and older events in shares. */
export class SendRounds {
  readonly #log: WireLog;
  readonly #topics: TopicTable;
  /** Topics with new events, and peers with queued commands, to be sent after this turn. */
  #unflushed = new Set<Topic>();
  #due = new Set<SubscriberPeer>();
  #isFlushDue = false;
  /** Log index of the first event that no flush has sent. */
  #flushedTo = 0;
  #unflushedBytes = 0;
  /** Peers with more to send than their share of a turn. */
  readonly #behind = new Set<SubscriberPeer>();
  #isCatchUpDue = false;

  constructor(log: WireLog, topics: TopicTable) {
    this.#log = log;
    this.#topics = topics;
  }

  /** An event of the topic was added to the log. */
  noteEvent(topic: Topic, bytes: number): void {
    this.#unflushed.add(topic);
    this.#unflushedBytes += bytes;
    // In a long turn, this sends events before the log overwrites them.
    const events = this.#log.head - this.#flushedTo;
    if (events >= MAX_UNFLUSHED || this.#unflushedBytes >= MAX_UNFLUSHED_BYTES) this.flush();
    else this.#flushSoon();
  }

  /** Something other than an event is queued for the peer. */
  noteDue(peer: SubscriberPeer): void {
    this.#due.add(peer);
    this.#flushSoon();
  }

  #flushSoon(): void {
    if (this.#isFlushDue) return;
    this.#isFlushDue = true;
    queueMicrotask(() => {
      this.#isFlushDue = false;
      this.#sendDue();
    });
  }

  /** Sends the events that are not yet sent to the peers that are subscribed now. */
  flush(): void {
    if (this.#unflushed.size > 0) this.#sendDue();
  }

  #sendDue(): void {
    const topics = this.#unflushed;
    const peers = this.#due;
    this.#unflushed = new Set();
    this.#due = new Set();
    const now = topics.size > 0 ? performance.now() : 0;
    for (const topic of topics) {
      topic.times.note(topic.seq, now);
      for (const peer of this.#topics.peersOf(topic)) {
        if (peer.isCaughtUp) peer.begin(this.#flushedTo);
        peers.add(peer);
      }
    }
    this.#flushedTo = this.#log.head;
    this.#unflushedBytes = 0;
    for (const peer of peers) if (!this.#behind.has(peer)) peer.pump();
  }

  /** A peer has used its share, and there is more to send. */
  noteBehind(peer: SubscriberPeer): void {
    this.#behind.add(peer);
    if (!this.#isCatchUpDue) this.#catchUpSoon();
  }

  #catchUpSoon(): void {
    this.#isCatchUpDue = true;
    inNextTurn(() => this.#catchUp());
  }

  /**
   * Sends each peer that is behind one share, one peer after another, until the time is used up.
   */
  #catchUp(): void {
    const until = performance.now() + CATCH_UP_MS;
    for (const peer of this.#behind) {
      // If one share is not enough, the peer goes to the end of the queue.
      this.#behind.delete(peer);
      peer.pump();
      if (performance.now() >= until) break;
    }
    this.#isCatchUpDue = false;
    if (this.#behind.size > 0) this.#catchUpSoon();
  }
}
