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
  #unflushed = new Set<Topic>();
  #due = new Set<SubscriberPeer>();
  #isFlushDue = false;
  /** Events up to this place of the log were sent to those that had their share. */
  #flushedTo = 0;
  #unflushedBytes = 0;
  /** Peers that have more to get than their share of a turn. */
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
    // A long turn does not overwrite what it has not sent.
    const events = this.#log.head - this.#flushedTo;
    if (events >= MAX_UNFLUSHED || this.#unflushedBytes >= MAX_UNFLUSHED_BYTES) this.flush();
    else this.#flushSoon();
  }

  /** Something other than an event waits to be sent to the peer. */
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

  /** Sends the events that were not sent yet to those that want them now. */
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

  /** A peer has had its share, and there is more. */
  noteBehind(peer: SubscriberPeer): void {
    this.#behind.add(peer);
    if (!this.#isCatchUpDue) this.#catchUpSoon();
  }

  #catchUpSoon(): void {
    this.#isCatchUpDue = true;
    inNextTurn(() => this.#catchUp());
  }

  /** Gives those that are behind a share each, one after the other, until the time is over. */
  #catchUp(): void {
    const until = performance.now() + CATCH_UP_MS;
    for (const peer of this.#behind) {
      // It comes back behind all others if that was not enough.
      this.#behind.delete(peer);
      peer.pump();
      if (performance.now() >= until) break;
    }
    this.#isCatchUpDue = false;
    if (this.#behind.size > 0) this.#catchUpSoon();
  }
}
