import type { Logger } from "../../../contract/logger.ts";
import { inTurns } from "../../../contract/next_turn.ts";
import type { Settings } from "../../../contract/option.ts";
import { pubSubMaxEventBytes } from "../../../contract/options.ts";
import type { PayloadWriter, PublisherOpenOptions } from "../../../contract/pubsub.ts";
import type { PeerCounter } from "../../peer_counter.ts";
import { topicText } from "../../topic_cache.ts";
import { SubscribersApplied } from "./applied_tracker.ts";
import { Budget } from "../budget.ts";
import type { ByteStream } from "../../sockets/byte_stream.ts";
import { Connection } from "../connection.ts";
import type { EventLoop } from "../../sockets/event_loop.ts";
import {
  connectionOptions,
  highWaterMark,
  maxSubscriptions,
  readTimeout,
  subscriberMemory,
  wireLogBytes,
} from "../options.ts";
import { SendRounds } from "./send_rounds.ts";
import { COMMAND, commandNumber, commandText } from "../session.ts";
import { ReadShare } from "./read_share.ts";
import { Refusals } from "../refusals.ts";
import { PeerSet } from "./peer_set.ts";
import { RecordedPast } from "./recorded_past.ts";
import { SubscriberPeer, type SubscriberPeerOwner } from "./subscriber_peer.ts";
import { type Topic, TopicTable } from "./topic_table.ts";
import { FLAG, frame, subscriptionKind } from "../wire.ts";
import { WireLog } from "./wire_log.ts";

/** Limits for a frame, which holds one subscription, and for what is queued besides an event. */
const MAX_FRAME_BYTES = 1_024;
const MAX_REPLY_BYTES = 8 * 1024 * 1024;
/** Number of new subscriptions after which their memory is checked. */
const LOOK_AFTER = 20_000;
/** Time in which nodes of the original connect to a publisher that has started. */
const START_MS = 60_000;

export interface SubscriberPeersOptions {
  readonly settings: Settings;
  readonly log: Logger;
  readonly loop: Pick<EventLoop, "turn">;
  readonly open: PublisherOpenOptions;
  readonly connected: PeerCounter;
  readonly onClosed: () => void;
}

/** The log of a publisher, and its subscribers: their connections, subscriptions and limits. */
export class SubscriberPeers implements SubscriberPeerOwner {
  readonly peers = new PeerSet();
  readonly applied = new SubscribersApplied(this);
  readonly refusals: Refusals;
  readonly rounds: SendRounds;
  readonly #options: SubscriberPeersOptions;
  readonly log: WireLog;
  readonly topics: TopicTable;
  readonly past: RecordedPast;
  readonly #reads: ReadShare;
  /** Until this time, this publisher answers a new prefix subscription with a `resync`. */
  readonly #startsUntil = performance.now() + START_MS;
  readonly #run = crypto.randomUUID();
  /** Number of subscriptions since the last memory check. */
  #subscribed = 0;

  constructor(options: SubscriberPeersOptions) {
    const { settings, log, loop, open } = options;
    this.#options = options;
    this.refusals = new Refusals(log);
    this.#reads = new ReadShare(loop);
    const minBytes = 2 * settings.get(pubSubMaxEventBytes) + 4_096;
    const bytes = Math.max(settings.get(wireLogBytes), minBytes);
    this.log = new WireLog(settings.get(highWaterMark), bytes);
    this.topics = new TopicTable(this.log);
    this.rounds = new SendRounds(this.log, this.topics, open.recorder);
    this.past = new RecordedPast(this, open.recorder, log);
  }

  /** Adds an event to the log, and sends it soon: see {@linkcode SendRounds}. */
  publish(name: string, bytes: Uint8Array<ArrayBuffer>, size: number, write: PayloadWriter): void {
    this.rounds.add(this.topics.get(name, bytes), size, write);
  }

  add(stream: ByteStream): void {
    const { settings, connected, open } = this.#options;
    const full = this.peers.fullFor(stream.peer, settings);
    if (full !== undefined) {
      stream.close();
      return this.refusals.refused("connections", stream.peer, full);
    }
    const peer = new SubscriberPeer(this.log, this);
    const budget = new Budget(settings.get(maxSubscriptions), this.log.maxEvents);
    const refuse = (what: string) =>
      peer.connection.refuse(`it sent ${what}, wanted subscriptions`);
    peer.connection = new Connection(stream, {
      readBuffer: () => this.#reads.buffer(budget),
      onOpen: () => connected.joined(stream.peer),
      onMessage: () => refuse("an event"),
      onSingle: (body) => {
        const kind = subscriptionKind(body[0]);
        if (kind === undefined) refuse("a message");
        else this.#onSubscription(peer, kind, body.subarray(1));
      },
      onCommand: (name, data) => this.#onCommand(peer, name, data),
      onDrop: () => refuse("a message that is too large"),
      onClosed: (reason) => this.#onClosed(peer, reason),
    }, {
      ...connectionOptions(settings, "PUB", { run: this.#run, announcement: open.announcement }),
      maxFrameBytes: MAX_FRAME_BYTES,
      maxQueuedBytes: MAX_REPLY_BYTES + settings.get(pubSubMaxEventBytes),
      ...{ budget, source: peer },
    });
    this.peers.add(peer);
    peer.connection.start();
  }

  onBehind(peer: SubscriberPeer): void {
    this.rounds.noteBehind(peer);
  }

  #onCommand(peer: SubscriberPeer, name: string, data: Uint8Array): void {
    if (name === "SUBSCRIBE") return this.#onSubscription(peer, "subscribe", data);
    if (name === "CANCEL") return this.#onSubscription(peer, "cancel", data);
    if (!peer.isSession) return;
    if (name === COMMAND.applied) return this.#onApplied(peer, data);
    // Sends the events of this turn to existing subscriptions first: for a new one they are past.
    this.rounds.flush();
    if (name === COMMAND.want || name === COMMAND.back) this.#onWant(peer, name, data);
    if (name === COMMAND.drop) this.#onDropped(peer, data);
  }

  #onSubscription(
    peer: SubscriberPeer,
    kind: "subscribe" | "cancel",
    prefix: Uint8Array,
  ): void {
    if (peer.isSession) return;
    if (kind === "subscribe") peer.prefixes.add(prefix);
    else peer.prefixes.delete(prefix);
    this.topics.notePlain(peer);
    if (!this.#isWithinLimits(peer) || kind === "cancel") return;
    if (performance.now() >= this.#startsUntil) return;
    const topic = topicText(prefix);
    if (topic !== undefined) this.#resync(peer, topic, prefix);
  }

  #isWithinLimits({ subscriptions, connection }: SubscriberPeer): boolean {
    const limit = this.#options.settings.get(maxSubscriptions);
    if (subscriptions > limit) {
      connection.refuse(`it has more than ${limit} subscriptions`, "subscriptions");
    }
    if (++this.#subscribed >= LOOK_AFTER) this.#limitMemory();
    return !connection.isClosed;
  }

  #limitMemory(): void {
    this.#subscribed = 0;
    this.peers.limitMemory(this.#options.settings.get(subscriberMemory));
  }

  #onWant(peer: SubscriberPeer, command: string, data: Uint8Array): void {
    const isPast = command === COMMAND.back;
    const wanted = commandNumber(data, 0);
    const since = isPast ? commandNumber(data, 1) : 0;
    const bytes = commandText(data, isPast ? 2 : 1);
    const name = topicText(bytes);
    if (wanted === undefined || since === undefined || name === undefined) {
      return peer.connection.refuse("it wants an invalid topic");
    }
    if (peer.topics.size === 0) this.peers.departed.noteBack(peer);
    const topic = this.topics.get(name, bytes);
    if (isPast) this.past.want(peer, topic, { last: wanted || Infinity, since });
    else peer.want(topic, wanted);
    if (this.#isWithinLimits(peer)) this.rounds.noteDue(peer);
  }

  #onDropped(peer: SubscriberPeer, data: Uint8Array): void {
    const topic = this.#topicIn(data, 0);
    // The table may have forgotten a topic that is still read from the recorder.
    this.past.drop(peer, data.length === 0 ? undefined : topicText(data) ?? "");
    if (topic !== undefined) this.topics.leave(topic, peer);
    else if (data.length === 0) void this.topics.forgetPeer(peer);
  }

  #onApplied(peer: SubscriberPeer, data: Uint8Array): void {
    const seq = commandNumber(data, 0);
    const topic = this.#topicIn(data, 1);
    if (seq === undefined || topic === undefined) return;
    const before = peer.applied.of(topic);
    peer.noteApplied(topic, seq);
    this.applied.noteReport(peer, topic, before);
  }

  /** Finds the topic that follows this count of numbers in a command. */
  #topicIn(data: Uint8Array, numbers: number): Topic | undefined {
    const bytes = commandText(data, numbers);
    const name = topicText(bytes);
    return name === undefined ? undefined : this.topics.find(name);
  }

  onSkipped(peer: SubscriberPeer, missed: Iterable<Topic>): void {
    for (const topic of missed) {
      if (peer.isSession) peer.tellLive(topic, this.log.seqFrom(topic, this.log.flushed));
      else this.#resync(peer, topic.name, topic.bytes);
    }
    this.rounds.noteDue(peer);
    this.#warnSlow(peer);
  }

  #warnSlow({ label }: SubscriberPeer): void {
    const { head, tail } = this.log;
    this.refusals.slow(label, `it is more than ${head - tail} events behind and misses some`);
  }

  #resync(peer: SubscriberPeer, name: string, topic: Uint8Array): void {
    const payload = this.#options.open.resync?.(name);
    if (payload === undefined) return;
    peer.connection.queue(frame(FLAG.more, topic));
    peer.connection.queue(frame(0, payload));
    this.rounds.noteDue(peer);
  }

  #onClosed(peer: SubscriberPeer, reason: string): void {
    this.peers.delete(peer);
    void this.topics.forgetPeer(peer);
    this.past.drop(peer);
    const { refusedAs, stream: { peer: address } } = peer.connection;
    if (refusedAs !== undefined) this.refusals.refused(refusedAs, peer.label, reason);
    if (peer.connection.peer !== undefined) this.#options.connected.left(address);
    this.#options.onClosed();
  }

  /** Checks timeouts, lag and memory of all subscribers, with other turns in between. */
  async tick(now: number): Promise<void> {
    const timeoutMs = this.#options.settings.get(readTimeout) * 1000;
    await inTurns(this.peers, (peer) => {
      const { connection } = peer;
      connection.tick(now);
      if (connection.isOpen && connection.outgoing.stalledMs(now) > timeoutMs) {
        connection.refuse(`it has not read for ${timeoutMs / 1000} s`, "stalled");
      }
      if (peer.isOverrun) this.#warnSlow(peer);
    });
    this.#limitMemory();
    this.refusals.tick(now);
  }
}
