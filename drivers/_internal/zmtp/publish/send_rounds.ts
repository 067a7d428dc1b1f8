import { inNextTurn } from "../../../contract/next_turn.ts";
import type { PayloadWriter } from "../../../contract/pubsub.ts";
import type { FrameRecorder } from "../../../contract/recorder.ts";
import type { SubscriberPeer } from "./subscriber_peer.ts";
import type { Topic, TopicTable } from "./topic_table.ts";
import type { WireLog } from "./wire_log.ts";

/** Beyond this number of unsent events or bytes, events are sent before the end of the turn. */
const MAX_UNFLUSHED = 4_096;
const MAX_UNFLUSHED_BYTES = 1024 * 1024;
/** Maximum size of the heads of a message. */
const HEAD_BYTES = 18;
/** Events are recorded in runs of this size. */
const RUN_BYTES = 64 * 1024;
/** Time for sending to peers that are behind before other work runs, in milliseconds. */
const CATCH_UP_MS = 2;
/**
 * A flush to this number of TLS connections is expensive, because each record costs 2 µs to encrypt.
 * Events of the next millisecond then share a flush, and one record per connection.
 */
const MANY_SECURED = 50;
const PAUSE_MS = 1;

/**
 * Schedules sending: new events once per turn, or once per millisecond to many TLS connections, and
 * older events in shares.
 */
export class SendRounds {
  readonly #log: WireLog;
  readonly #topics: TopicTable;
  readonly #recorder: Pick<FrameRecorder, "appendMessages"> | undefined;
  readonly #maxBytes: number;
  readonly #maxEvents: number;
  /** Topics with new events, and peers with queued commands, to be sent after this turn. */
  #unflushed = new Set<Topic>();
  #due = new Set<SubscriberPeer>();
  #isFlushDue = false;
  /** When the next flush may take place; until then, events are collected. */
  #pausedUntil = -Infinity;
  #unflushedBytes = 0;
  /** Peers with more to send than their share of a turn. */
  readonly #behind = new Set<SubscriberPeer>();
  #isCatchUpDue = false;

  constructor(
    log: WireLog,
    topics: TopicTable,
    recorder?: Pick<FrameRecorder, "appendMessages">,
  ) {
    this.#log = log;
    this.#topics = topics;
    this.#recorder = recorder;
    this.#maxBytes = Math.min(MAX_UNFLUSHED_BYTES, log.bytes.length / 2);
    this.#maxEvents = Math.min(MAX_UNFLUSHED, log.maxEvents);
  }

  /** Adds an event to the log, and sends it soon: see {@linkcode SendRounds}. */
  add(topic: Topic, payloadSize: number, write: PayloadWriter): void {
    const bytes = topic.key.length + payloadSize + HEAD_BYTES;
    const events = this.#log.head - this.#log.flushed;
    // In a long turn, this sends and records events before the log overwrites them.
    if (events >= this.#maxEvents || this.#unflushedBytes + bytes > this.#maxBytes) this.flush();
    this.#log.append(topic, payloadSize, write);
    this.#unflushed.add(topic);
    this.#unflushedBytes += bytes;
    this.#flushSoon();
  }

  /** Something other than an event is queued for the peer. */
  noteDue(peer: SubscriberPeer): void {
    this.#due.add(peer);
    this.#flushSoon();
  }

  #flushSoon(): void {
    if (this.#isFlushDue) return;
    this.#isFlushDue = true;
    queueMicrotask(() => this.#flushAfterPause());
  }

  #flushAfterPause(): void {
    if (performance.now() < this.#pausedUntil) return inNextTurn(() => this.#flushAfterPause());
    this.#isFlushDue = false;
    this.#sendDue();
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
    const log = this.#log;
    const first = log.flushed;
    const now = topics.size > 0 ? performance.now() : 0;
    if (topics.size > 0) {
      log.noteSent(first, Date.now());
      this.#record(first);
    }
    log.flushed = log.head;
    for (const topic of topics) {
      topic.times.note(topic.seq, now);
      const isAwaited = now < topic.awaitedUntil;
      topic.awaitedUntil = -Infinity;
      for (const peer of this.#topics.peersOf(topic)) {
        if (peer.isCaughtUp) peer.begin(first);
        if (isAwaited) peer.requestReport(topic, topic.seq);
        peers.add(peer);
      }
    }
    this.#unflushedBytes = 0;
    let secured = 0;
    for (const peer of peers) {
      if (!this.#behind.has(peer)) peer.pump();
      if (peer.isSecured) secured++;
    }
    if (secured >= MANY_SECURED) this.#pausedUntil = performance.now() + PAUSE_MS;
  }

  /** Records the events from an index on, in runs that are in one piece. */
  #record(from: number): void {
    const log = this.#log;
    for (let index = from; this.#recorder !== undefined && index < log.head;) {
      const first = index;
      const start = log.startOf(first);
      let end = log.endOf(index++);
      while (index < log.head && log.startOf(index) === end && end - start < RUN_BYTES) {
        end = log.endOf(index++);
      }
      this.#recorder.appendMessages(log.bytes.subarray(start, end), index - first);
    }
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
