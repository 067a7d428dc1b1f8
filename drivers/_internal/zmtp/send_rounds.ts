import { inNextTurn } from "../../contract/next_turn.ts";
import type { SubscriberPeer } from "./subscriber_peer.ts";
import type { Topic, TopicTable } from "./topic_table.ts";
import type { WireLog } from "./wire_log.ts";

/** With this number of unsent events or bytes it sends before the end of the turn. */
const MAX_UNFLUSHED = 4_096;
const MAX_UNFLUSHED_BYTES = 1024 * 1024;
/** Maximum time for which peers that are behind are sent events before other work has its turn. */
const CATCH_UP_MS = 2;

/** Who is sent what, and when: new events once a turn, and old ones in shares. */
export class SendRounds {
  readonly #log: WireLog;
  readonly #topics: TopicTable;
  /** Topics with events, and peers with commands, that are sent after this turn. */
  #unflushed: Topic[] = [];
  #due: SubscriberPeer[] = [];
  /** Peers that have more to get than their share of a turn. */
  readonly #behind: SubscriberPeer[] = [];
  #flushedTo = 0;
  #unflushedBytes = 0;
  #isFlushDue = false;

  constructor(log: WireLog, topics: TopicTable) {
    this.#log = log;
    this.#topics = topics;
  }

  /** An event of the topic was added to the log. */
  noteEvent(topic: Topic, bytes: number): void {
    if (!topic.isUnflushed) {
      topic.isUnflushed = true;
      this.#unflushed.push(topic);
      this.#flushSoon();
    }
    // A long turn does not overwrite what it has not sent.
    this.#unflushedBytes += bytes;
    const events = this.#log.head - this.#flushedTo;
    if (events >= MAX_UNFLUSHED || this.#unflushedBytes >= MAX_UNFLUSHED_BYTES) this.flush();
  }

  /** Something other than an event waits to be sent to the peer. */
  noteDue(peer: SubscriberPeer): void {
    if (peer.isQueued) return;
    peer.isQueued = true;
    this.#due.push(peer);
    this.#flushSoon();
  }

  #flushSoon(): void {
    if (this.#isFlushDue) return;
    this.#isFlushDue = true;
    queueMicrotask(() => this.#runFlush());
  }

  /** Sends the events that were not sent yet to those that want them now. */
  flush(): void {
    if (this.#unflushed.length > 0) this.#runFlush();
  }

  #runFlush(): void {
    this.#isFlushDue = false;
    const topics = this.#unflushed;
    const peers = this.#due;
    this.#unflushed = [];
    this.#due = [];
    const now = topics.length > 0 ? performance.now() : 0;
    for (const topic of topics) {
      topic.isUnflushed = false;
      topic.times.note(topic.seq, now);
      for (const peer of this.#topics.peersOf(topic)) {
        if (peer.isCaughtUp) peer.begin(this.#flushedTo);
        if (!peer.isQueued) peers.push(peer);
        peer.isQueued = true;
      }
    }
    this.#flushedTo = this.#log.head;
    this.#unflushedBytes = 0;
    for (const peer of peers) {
      peer.isQueued = false;
      if (!peer.isBehind) peer.pump();
    }
  }

  /** A peer has had its share, and there is more. */
  noteBehind(peer: SubscriberPeer): void {
    if (peer.isBehind) return;
    peer.isBehind = true;
    if (this.#behind.push(peer) === 1) inNextTurn(() => this.#catchUp());
  }

  /** Gives each peer that is behind a share, one after the other, until the time is over. */
  #catchUp(): void {
    const until = performance.now() + CATCH_UP_MS;
    const count = this.#behind.length;
    let done = 0;
    while (done < count && performance.now() < until) {
      const peer = this.#behind[done++];
      if (peer === undefined) continue;
      peer.isBehind = false;
      peer.pump();
    }
    this.#behind.splice(0, done);
    if (this.#behind.length > 0) inNextTurn(() => this.#catchUp());
  }
}
