import type { HealthEvent } from "../../contract/health.ts";
import type { Logger } from "../../contract/logger.ts";
import type { Settings } from "../../contract/option.ts";
import { TopicCache } from "../topic_cache.ts";
import { Budget } from "./budget.ts";
import type { ByteStream } from "./byte_stream.ts";
import { Connection } from "./connection.ts";
import type { ConnectionOptions, ConnectionOwner, Peer, ReadBuffer } from "./connection_types.ts";
import type { EventLoop } from "./event_loop.ts";
import {
  heartbeats,
  maxConnections,
  maxConnectionsPerAddress,
  maxSubscriptions,
  readTimeout,
  subscriberMemory,
} from "./options.ts";
import type { SendRounds } from "./send_rounds.ts";
import { COMMAND, commandNumber, commandText } from "./session.ts";
import { ReadShare } from "./read_share.ts";
import { Refusals } from "./refusals.ts";
import { PeerSet } from "./peer_set.ts";
import { SubscriberPeer, type SubscriberPeerOwner } from "./subscriber_peer.ts";
import type { Topic, TopicTable } from "./topic_table.ts";
import { FLAG, frame, subscriptionKind } from "./wire.ts";
import type { WireLog } from "./wire_log.ts";

const MAX_SUBSCRIPTION_BYTES = 1_024;
/** Room for the answers to all subscriptions of a peer. */
const MAX_QUEUED_BYTES = 8 * 1024 * 1024;
/** After this number of subscriptions their memory is checked. */
const LOOK_AFTER = 20_000;
/** Time after its start for which a returning publisher sends `resync` to new subscriptions. */
const RETURN_MS = 60_000;

/** How {@linkcode SubscriberPeers} are made. */
export interface SubscriberPeersOptions {
  readonly settings: Settings;
  readonly log: Logger;
  readonly loop: Pick<EventLoop, "turn">;
  readonly wireLog: WireLog;
  readonly topics: TopicTable;
  /** What its sessions tell of this publisher. */
  readonly properties: ReadonlyMap<string, string>;
  readonly resync: ((topic: string) => Uint8Array) | undefined;
  readonly isReturning: boolean;
  readonly onHealth: (event: HealthEvent) => void;
  readonly rounds: Pick<SendRounds, "flush" | "noteBehind" | "noteDue">;
  readonly onChange: () => void;
}

/** The subscribers of a publisher: their connections, subscriptions and limits. */
export class SubscriberPeers implements ConnectionOwner, SubscriberPeerOwner {
  readonly #options: SubscriberPeersOptions;
  readonly peers = new PeerSet();
  readonly refusals: Refusals;
  readonly #names = new TopicCache();
  readonly #reads: ReadShare;
  readonly #startedAt = performance.now();
  readonly #connection: ConnectionOptions;
  /** Subscriptions since their memory was checked. */
  #subscribed = 0;

  constructor(options: SubscriberPeersOptions) {
    const { settings, properties, log, loop } = options;
    this.#options = options;
    this.refusals = new Refusals(log);
    this.#reads = new ReadShare(loop);
    this.#connection = {
      socketType: "PUB",
      properties,
      maxFrameBytes: MAX_SUBSCRIPTION_BYTES,
      maxQueuedBytes: MAX_QUEUED_BYTES,
      ...heartbeats(settings),
    };
  }

  /** A connection was accepted. */
  add(stream: ByteStream): void {
    const { settings } = this.#options;
    const count = this.peers.countOf(stream.peer);
    const limit = settings.get(maxConnectionsPerAddress);
    if (this.peers.size >= settings.get(maxConnections) || count >= limit) {
      stream.close();
      return this.refusals.refused("connections", stream.peer, `${count} others of its address`);
    }
    const peer = new SubscriberPeer(this.#options.wireLog, this);
    const budget = new Budget(settings.get(maxSubscriptions), this.#options.wireLog.maxEvents);
    peer.connection = new Connection(stream, this, { ...this.#connection, budget, source: peer });
    if (!peer.connection.isClosed) this.peers.add(peer);
  }

  onBehind(peer: SubscriberPeer): void {
    this.#options.rounds.noteBehind(peer);
  }

  readBuffer(): ReadBuffer | undefined {
    return this.#reads.buffer();
  }

  onOpen(connection: Connection, { session }: Peer): void {
    const peer = this.peers.find(connection);
    if (peer !== undefined) peer.isSession = session !== undefined;
    this.#options.onHealth({ kind: "peer-joined", address: connection.stream.peer });
  }

  onMessage(connection: Connection): void {
    connection.refuse("it sent an event, wanted subscriptions");
  }

  onSingle(connection: Connection, body: Uint8Array<ArrayBuffer>): void {
    const kind = subscriptionKind(body[0]);
    if (kind === undefined) return connection.refuse("it sent a message, wanted subscriptions");
    this.#onSubscription(connection, kind, body.subarray(1));
  }

  onCommand(connection: Connection, name: string, data: Uint8Array): void {
    if (name === "SUBSCRIBE") return this.#onSubscription(connection, "subscribe", data);
    if (name === "CANCEL") return this.#onSubscription(connection, "cancel", data);
    const peer = this.peers.find(connection);
    if (peer === undefined || !peer.isSession) return;
    if (name === COMMAND.applied) return this.#onApplied(peer, data);
    // Events of this turn go to those that were there before; their numbers are past for others.
    this.#options.rounds.flush();
    if (name === COMMAND.want) this.#onWant(peer, data);
    if (name === COMMAND.drop) this.#onDropped(peer, data);
  }

  #onSubscription(
    connection: Connection,
    kind: "subscribe" | "cancel",
    prefix: Uint8Array,
  ): void {
    const peer = this.peers.find(connection);
    if (peer === undefined || peer.isSession) return;
    if (kind === "subscribe") peer.prefixes.add(prefix);
    else peer.prefixes.delete(prefix);
    this.#options.topics.notePlain(peer);
    if (!this.#isWithinLimits(peer) || kind === "cancel" || !this.#options.isReturning) return;
    if (performance.now() - this.#startedAt > RETURN_MS) return;
    const topic = this.#names.text(prefix, prefix.length);
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

  /** Over the memory limit, refuses the largest subscribers of the address that takes the most. */
  #limitMemory(): void {
    this.#subscribed = 0;
    const limit = this.#options.settings.get(subscriberMemory);
    for (const { connection } of this.peers.excess(limit)) {
      connection.refuse(`all subscribers use more than ${limit} bytes`, "memory");
    }
  }

  #onWant(peer: SubscriberPeer, data: Uint8Array): void {
    const wanted = commandNumber(data, 0);
    const bytes = commandText(data, 1);
    const name = this.#names.text(bytes, bytes.length);
    if (wanted === undefined || name === undefined) {
      return peer.connection.refuse("it wants an invalid topic");
    }
    const { topics, wireLog } = this.#options;
    if (peer.topics.size === 0) this.peers.departed.noteBack(peer);
    peer.want(topics.get(name, new Uint8Array(bytes), wireLog.head, wireLog.tail), wanted);
    if (this.#isWithinLimits(peer)) this.#options.rounds.noteDue(peer);
  }

  #onDropped(peer: SubscriberPeer, data: Uint8Array): void {
    const topic = this.#topicIn(data, 0);
    if (topic !== undefined) this.#options.topics.leave(topic, peer);
    else if (data.length === 0) this.#options.topics.forgetPeer(peer);
  }

  #onApplied(peer: SubscriberPeer, data: Uint8Array): void {
    const seq = commandNumber(data, 0);
    const topic = this.#topicIn(data, 1);
    if (seq !== undefined && topic !== undefined) peer.noteApplied(topic, seq);
    this.#options.onChange();
  }

  /** The topic that follows this count of numbers in a command. */
  #topicIn(data: Uint8Array, numbers: number): Topic | undefined {
    const bytes = commandText(data, numbers);
    const name = this.#names.text(bytes, bytes.length);
    return name === undefined ? undefined : this.#options.topics.find(name);
  }

  onSkipped(peer: SubscriberPeer, missed: Iterable<Topic>): void {
    for (const topic of missed) {
      if (peer.isSession) peer.tellLive(topic, topic.seq + 1);
      else this.#resync(peer, topic.name, topic.bytes);
    }
    this.#options.rounds.noteDue(peer);
    this.#warnSlow(peer);
  }

  #warnSlow({ label }: SubscriberPeer): void {
    const { head, tail } = this.#options.wireLog;
    this.refusals.slow(label, `it is more than ${head - tail} events behind and misses some`);
  }

  #resync(peer: SubscriberPeer, name: string, topic: Uint8Array): void {
    const payload = this.#options.resync?.(name);
    if (payload === undefined) return;
    peer.connection.queue(frame(FLAG.more, topic));
    peer.connection.queue(frame(0, payload));
    this.#options.rounds.noteDue(peer);
  }

  onDrop(connection: Connection): void {
    connection.refuse("it sent a message that is too large, wanted subscriptions");
  }

  onClosed(connection: Connection, reason: string): void {
    const peer = this.peers.delete(connection);
    if (peer === undefined) return;
    this.#options.topics.forgetPeer(peer);
    const { refusedAs } = connection;
    if (refusedAs !== undefined) this.refusals.refused(refusedAs, peer.label, reason);
    if (connection.peer !== undefined) {
      this.#options.onHealth({ kind: "peer-left", address: connection.stream.peer });
    }
    this.#options.onChange();
  }

  /** Checks timeouts, lag and memory of all subscribers. */
  tick(): void {
    const now = performance.now();
    const timeoutMs = this.#options.settings.get(readTimeout) * 1000;
    for (const peer of this.peers.all()) {
      const { connection } = peer;
      connection.tick(now);
      if (connection.outgoing.stalledMs(now) > timeoutMs) {
        connection.refuse(`it has not read for ${timeoutMs / 1000} s`, "stalled");
      }
      if (peer.isOverrun) this.#warnSlow(peer);
    }
    this.#limitMemory();
    this.refusals.tick(now);
  }
}
