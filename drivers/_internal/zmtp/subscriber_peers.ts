import type { HealthEvent } from "../../contract/health.ts";
import type { Logger } from "../../contract/logger.ts";
import type { Settings } from "../../contract/option.ts";
import { TopicCache } from "../topic_cache.ts";
import { Budget } from "./budget.ts";
import type { ByteStream } from "./byte_stream.ts";
import { Connection, type ConnectionOwner, type Peer, type ReadBuffer } from "./connection.ts";
import {
  heartbeats,
  maxConnections,
  maxConnectionsPerAddress,
  maxSubscriptions,
  ownSession,
} from "./options.ts";
import { COMMAND, commandNumber, commandText, sessionProperties } from "./session.ts";
import { type PeerCounters, SubscriberPeer } from "./subscriber_peer.ts";
import type { Topic, TopicTable } from "./topic_table.ts";
import { FLAG, frame, subscriptionKind } from "./wire.ts";
import type { WireLog } from "./wire_log.ts";

/** Subscribers say little: an attacker does not get much of a round. */
const READ_BYTES = 16 * 1024;
const MAX_SUBSCRIPTION_BYTES = 1_024;
/** Bytes of all subscriptions of one peer. */
const MAX_PREFIX_BYTES = 4 * 1024 * 1024;
/** How long after its start a publisher that returns tells subscribers to read again. */
const RETURN_MS = 60_000;
/** A series of warnings of one kind: the first, then one in so many milliseconds. */
const MAX_KINDS = 50;
const WARN_EVERY_MS = 10_000;

/** What {@linkcode SubscriberPeers} work with. */
export interface SubscriberPeersOptions {
  readonly settings: Settings;
  readonly log: Logger;
  readonly wireLog: WireLog;
  readonly topics: TopicTable;
  /** The run of the publisher, as its sessions name it. */
  readonly run: string;
  readonly resync: ((topic: string) => Uint8Array) | undefined;
  readonly isReturning: boolean;
  readonly onHealth: (event: HealthEvent) => void;
  /** Something waits to be sent to the peer. */
  readonly onDue: (peer: SubscriberPeer) => void;
  readonly onClosed: () => void;
}

/** The subscribers of a publisher: who is there, what they want, and what they must not do. */
export class SubscriberPeers implements ConnectionOwner {
  readonly #options: SubscriberPeersOptions;
  readonly #peers = new Map<Connection, SubscriberPeer>();
  readonly #budgets = new WeakMap<Connection, Budget>();
  readonly #perAddress = new Map<string, number>();
  readonly #names = new TopicCache();
  readonly #buffer: ReadBuffer = { bytes: new Uint8Array(READ_BYTES), at: 0 };
  readonly #startedAt = performance.now();
  readonly #warnedAt = new Map<string, number>();
  readonly #refused = new Map<string, number>();
  /** Of subscribers that have left. */
  readonly #left: PeerCounters = { skipped: 0, replayed: 0, lost: 0 };

  constructor(options: SubscriberPeersOptions) {
    this.#options = options;
  }

  /** The peers whose handshake is done. */
  *open(): Iterable<SubscriberPeer> {
    for (const peer of this.#peers.values()) if (peer.connection.isOpen) yield peer;
  }

  all(): Iterable<SubscriberPeer> {
    return this.#peers.values();
  }

  /** Connections that were ended by this end, by the reason. */
  get refused(): ReadonlyMap<string, number> {
    return this.#refused;
  }

  /** What became of the events of all subscribers, those that have left included. */
  get counters(): PeerCounters {
    const total = { ...this.#left };
    for (const { counters } of this.#peers.values()) addCounters(total, counters);
    return total;
  }

  /** A connection was accepted. */
  add(stream: ByteStream): void {
    const { settings } = this.#options;
    const address = hostOf(stream.peer);
    const count = this.#perAddress.get(address) ?? 0;
    const limit = settings.get(maxConnectionsPerAddress);
    if (this.#peers.size >= settings.get(maxConnections) || count >= limit) {
      stream.close();
      return this.#warn("too many connections", `${address}: ${count} connections`);
    }
    this.#perAddress.set(address, count + 1);
    const peer = new SubscriberPeer(this.#options.wireLog, (each, topics) => {
      this.#onSkipped(each, topics);
    });
    peer.connection = new Connection(stream, this, {
      socketType: "PUB",
      properties: sessionProperties({ ...ownSession(settings), run: this.#options.run }),
      maxFrameBytes: MAX_SUBSCRIPTION_BYTES,
      ...heartbeats(settings),
      source: peer,
    });
    this.#budgets.set(peer.connection, new Budget());
    if (!peer.connection.isClosed) this.#peers.set(peer.connection, peer);
  }

  readBuffer(): ReadBuffer {
    this.#buffer.at = 0;
    return this.#buffer;
  }

  onOpen(connection: Connection, { session }: Peer): void {
    const peer = this.#peers.get(connection);
    if (peer === undefined) return;
    peer.isSession = session !== undefined;
    this.#options.onHealth({ kind: "peer-joined", address: connection.stream.peer });
  }

  onMessage(connection: Connection): void {
    connection.refuse("it sent an event, wanted subscriptions");
  }

  onSingle(connection: Connection, body: Uint8Array<ArrayBuffer>): void {
    const kind = subscriptionKind(body[0]);
    if (!this.#spend(connection, body.length)) return;
    if (kind === undefined) return connection.refuse("it sent a message, wanted subscriptions");
    this.#onSubscription(connection, kind, body.subarray(1));
  }

  onCommand(connection: Connection, name: string, data: Uint8Array): void {
    if (!this.#spend(connection, data.length)) return;
    if (name === "SUBSCRIBE") return this.#onSubscription(connection, "subscribe", data);
    if (name === "CANCEL") return this.#onSubscription(connection, "cancel", data);
    const peer = this.#peers.get(connection);
    if (peer === undefined || !peer.isSession) return;
    if (name === COMMAND.want) this.#onWant(peer, data);
    if (name === COMMAND.drop) this.#onDropped(peer, data);
    if (name === COMMAND.applied) this.#onApplied(peer, data);
  }

  #spend(connection: Connection, bytes: number): boolean {
    const excess = this.#budgets.get(connection)?.spend(1, bytes);
    if (excess !== undefined) connection.refuse(excess);
    return excess === undefined;
  }

  #onSubscription(
    connection: Connection,
    kind: "subscribe" | "cancel",
    prefix: Uint8Array,
  ): void {
    const peer = this.#peers.get(connection);
    if (peer === undefined || peer.isSession) return;
    if (kind === "subscribe") peer.addPrefix(prefix);
    else peer.removePrefix(prefix);
    this.#options.topics.notePlain(peer);
    if (!this.#isWithinLimits(peer) || kind === "cancel" || !this.#options.isReturning) return;
    if (performance.now() - this.#startedAt > RETURN_MS) return;
    const topic = this.#names.text(prefix, prefix.length);
    if (topic !== undefined) this.#resync(peer, topic, prefix);
  }

  #isWithinLimits({ subscriptions, connection }: SubscriberPeer): boolean {
    const { count, bytes } = subscriptions;
    const limit = this.#options.settings.get(maxSubscriptions);
    if (count <= limit && bytes <= MAX_PREFIX_BYTES) return true;
    connection.refuse(`it has more than ${limit} subscriptions, or too many bytes of them`);
    return false;
  }

  #onWant(peer: SubscriberPeer, data: Uint8Array): void {
    const have = commandNumber(data, 0);
    const bytes = commandText(data, 1);
    const name = this.#names.text(bytes, bytes.length);
    if (have === undefined || name === undefined) {
      return peer.connection.refuse("it wants an invalid topic");
    }
    const { topics, wireLog } = this.#options;
    const known = new Uint8Array(bytes);
    peer.want(topics.get(name, known, wireLog.head, wireLog.tail), have);
    if (this.#isWithinLimits(peer)) this.#options.onDue(peer);
  }

  #onDropped(peer: SubscriberPeer, data: Uint8Array): void {
    const topic = this.#topicIn(data, 0);
    if (topic !== undefined) peer.drop(topic);
  }

  #onApplied(peer: SubscriberPeer, data: Uint8Array): void {
    const seq = commandNumber(data, 0);
    const topic = this.#topicIn(data, 1);
    if (seq !== undefined && topic !== undefined) peer.noteApplied(topic, seq);
  }

  /** The topic that a command names behind so many numbers. */
  #topicIn(data: Uint8Array, numbers: number): Topic | undefined {
    const bytes = commandText(data, numbers);
    const name = this.#names.text(bytes, bytes.length);
    return name === undefined ? undefined : this.#options.topics.find(name);
  }

  #onSkipped(peer: SubscriberPeer, missed: Iterable<Topic>): void {
    const { wireLog, topics } = this.#options;
    if (peer.isSession) { for (const topic of missed) peer.tellLive(topic, topic.seq + 1); }
    else {
      for (const topic of topics.sentSince(wireLog.tail)) {
        if (topics.peersOf(topic).has(peer)) this.#resync(peer, topic.name, topic.bytes);
      }
    }
    const what = `it is ${wireLog.head - wireLog.tail} events behind, and misses those before now`;
    this.#warn(`slow ${peer.connection.stream.peer}`, `Subscriber ${this.#nameOf(peer)}: ${what}`);
  }

  #resync(peer: SubscriberPeer, name: string, topic: Uint8Array): void {
    const payload = this.#options.resync?.(name);
    if (payload === undefined) return;
    peer.connection.queue(frame(FLAG.more, topic));
    peer.connection.queue(frame(0, payload));
    this.#options.onDue(peer);
  }

  #nameOf({ connection }: SubscriberPeer): string {
    const { peer, stream } = connection;
    const session = peer?.session;
    return session === undefined
      ? stream.peer
      : `${session.node} (${stream.peer}, process ${session.processId})`;
  }

  onDrop(connection: Connection): void {
    connection.refuse("it sent a message that is too large, wanted subscriptions");
  }

  onClosed(connection: Connection, reason: string): void {
    const peer = this.#peers.get(connection);
    const address = hostOf(connection.stream.peer);
    const left = (this.#perAddress.get(address) ?? 1) - 1;
    if (left > 0) this.#perAddress.set(address, left);
    else this.#perAddress.delete(address);
    this.#peers.delete(connection);
    if (peer === undefined) return;
    addCounters(this.#left, peer.counters);
    peer.close();
    this.#options.topics.forgetPeer(peer);
    if (connection.isRefused) {
      const kind = reason.replaceAll(/".*?"|\d+/g, "…");
      if (this.#refused.size < MAX_KINDS || this.#refused.has(kind)) {
        this.#refused.set(kind, (this.#refused.get(kind) ?? 0) + 1);
      }
      this.#warn(
        `refused ${address}`,
        `Subscriber ${this.#nameOf(peer)} is disconnected: ${reason}`,
      );
    }
    if (connection.peer !== undefined) {
      this.#options.onHealth({ kind: "peer-left", address: connection.stream.peer });
    }
    this.#options.onClosed();
  }

  /** One warning of a kind in ten seconds. */
  #warn(kind: string, message: string): void {
    const now = performance.now();
    if (now - (this.#warnedAt.get(kind) ?? -Infinity) < WARN_EVERY_MS) return;
    if (this.#warnedAt.size >= 1_000) this.#warnedAt.clear();
    this.#warnedAt.set(kind, now);
    this.#options.log.warn(message);
  }

  /** Looks at the clock, and for subscribers that are too far behind. */
  tick(): void {
    const now = performance.now();
    for (const peer of [...this.#peers.values()]) {
      peer.connection.tick(now);
      peer.checkPlace();
    }
  }
}

function addCounters(total: PeerCounters, { skipped, replayed, lost }: PeerCounters): void {
  total.skipped += skipped;
  total.replayed += replayed;
  total.lost += lost;
}

function hostOf(address: string): string {
  return address.replace(/:\d+$/, "");
}
