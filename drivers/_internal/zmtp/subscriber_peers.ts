import type { HealthEvent } from "../../contract/health.ts";
import type { Logger } from "../../contract/logger.ts";
import type { Settings } from "../../contract/option.ts";
import { TopicCache } from "../topic_cache.ts";
import { Budget } from "./budget.ts";
import type { ByteStream } from "./byte_stream.ts";
import {
  Connection,
  type ConnectionOptions,
  type ConnectionOwner,
  type Peer,
  type ReadBuffer,
} from "./connection.ts";
import type { EventLoop } from "./event_loop.ts";
import {
  heartbeats,
  maxConnections,
  maxConnectionsPerAddress,
  maxSubscriptions,
  ownSession,
  readTimeout,
  subscriberMemory,
} from "./options.ts";
import { COMMAND, commandNumber, commandText, sessionProperties } from "./session.ts";
import { Refusals } from "./refusals.ts";
import { SubscriberPeer, type SubscriberPeerOwner } from "./subscriber_peer.ts";
import type { Topic, TopicTable } from "./topic_table.ts";
import { FLAG, frame, subscriptionKind } from "./wire.ts";
import type { WireLog } from "./wire_log.ts";

/** Small, so that an attacker gets little of a turn; subscribers send little. */
const READ_BYTES = 12 * 1024;
/** Maximum time for which subscribers are read before other work has its turn. */
const READ_MS = 2;
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
  readonly loop: EventLoop;
  readonly wireLog: WireLog;
  readonly topics: TopicTable;
  /** The run of the publisher, as its sessions name it. */
  readonly run: string;
  readonly resync: ((topic: string) => Uint8Array) | undefined;
  readonly isReturning: boolean;
  readonly onHealth: (event: HealthEvent) => void;
  /** Called when something is queued for the peer. */
  readonly onDue: (peer: SubscriberPeer) => void;
  /** Sends the events that were published before this call. */
  readonly flush: () => void;
  /** Called when a peer has had its share and more is queued for it. */
  readonly onBehind: (peer: SubscriberPeer) => void;
  readonly onClosed: () => void;
}

/** The subscribers of a publisher: their connections, subscriptions and limits. */
export class SubscriberPeers implements ConnectionOwner, SubscriberPeerOwner {
  readonly #options: SubscriberPeersOptions;
  readonly #peers = new Map<Connection, SubscriberPeer>();
  readonly refusals: Refusals;
  readonly #perAddress = new Map<string, number>();
  readonly #names = new TopicCache();
  readonly #buffer: ReadBuffer = { bytes: new Uint8Array(READ_BYTES), at: 0 };
  readonly #startedAt = performance.now();
  readonly #connection: ConnectionOptions;
  /** The turn in which subscribers were read last, and when their share of it ends. */
  #turn = -1;
  #readUntil = 0;
  /** Subscriptions since their memory was checked. */
  #subscribed = 0;

  constructor(options: SubscriberPeersOptions) {
    const { settings, run, log } = options;
    this.#options = options;
    this.refusals = new Refusals(log);
    this.#connection = {
      socketType: "PUB",
      properties: sessionProperties({ ...ownSession(settings), run }),
      maxFrameBytes: MAX_SUBSCRIPTION_BYTES,
      maxQueuedBytes: MAX_QUEUED_BYTES,
      ...heartbeats(settings),
    };
  }

  /** The peers whose handshake is done. */
  *open(): Iterable<SubscriberPeer> {
    for (const peer of this.#peers.values()) if (peer.connection.isOpen) yield peer;
  }

  all(): Iterable<SubscriberPeer> {
    return this.#peers.values();
  }

  /** A connection was accepted. */
  add(stream: ByteStream): void {
    const { settings } = this.#options;
    const address = hostOf(stream.peer);
    const count = this.#perAddress.get(address) ?? 0;
    const limit = settings.get(maxConnectionsPerAddress);
    if (this.#peers.size >= settings.get(maxConnections) || count >= limit) {
      stream.close();
      return this.refusals.refused("connections", stream.peer, `${count} others of its address`);
    }
    this.#perAddress.set(address, count + 1);
    const { wireLog } = this.#options;
    const peer = new SubscriberPeer(wireLog, this);
    const budget = new Budget(settings.get(maxSubscriptions), wireLog.maxEvents);
    peer.connection = new Connection(stream, this, { ...this.#connection, budget, source: peer });
    if (!peer.connection.isClosed) this.#peers.set(peer.connection, peer);
  }

  onBehind(peer: SubscriberPeer): void {
    this.#options.onBehind(peer);
  }

  /** Undefined when subscribers have had their share of this turn; they are read in the next one. */
  readBuffer(): ReadBuffer | undefined {
    const now = performance.now();
    const { turn } = this.#options.loop;
    if (turn !== this.#turn) this.#readUntil = now + READ_MS;
    this.#turn = turn;
    if (now >= this.#readUntil) return undefined;
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
    if (kind === undefined) return connection.refuse("it sent a message, wanted subscriptions");
    this.#onSubscription(connection, kind, body.subarray(1));
  }

  onCommand(connection: Connection, name: string, data: Uint8Array): void {
    if (name === "SUBSCRIBE") return this.#onSubscription(connection, "subscribe", data);
    if (name === "CANCEL") return this.#onSubscription(connection, "cancel", data);
    // Events from before go to the subscribers of that time.
    this.#options.flush();
    const peer = this.#peers.get(connection);
    if (peer === undefined || !peer.isSession) return;
    if (name === COMMAND.want) this.#onWant(peer, data);
    if (name === COMMAND.drop) this.#onDropped(peer, data);
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
    const perAddress = new Map<string, number>();
    let total = 0;
    for (const peer of this.#peers.values()) {
      const address = hostOf(peer.connection.stream.peer);
      total += peer.memory;
      perAddress.set(address, (perAddress.get(address) ?? 0) + peer.memory);
    }
    if (total <= limit) return;
    const [worst] = [...perAddress].reduce((one, other) => other[1] > one[1] ? other : one);
    const theirs = [...this.#peers.values()]
      .filter(({ connection }) => hostOf(connection.stream.peer) === worst)
      .sort((one, other) => other.memory - one.memory);
    for (const peer of theirs) {
      if (total <= limit) return;
      total -= peer.memory;
      peer.connection.refuse(`all subscribers use more than ${limit} bytes`, "memory");
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
    const known = new Uint8Array(bytes);
    peer.want(topics.get(name, known, wireLog.head, wireLog.tail), wanted);
    if (this.#isWithinLimits(peer)) this.#options.onDue(peer);
  }

  #onDropped(peer: SubscriberPeer, data: Uint8Array): void {
    const bytes = commandText(data, 0);
    const name = this.#names.text(bytes, bytes.length);
    const topic = name === undefined ? undefined : this.#options.topics.find(name);
    if (topic !== undefined) this.#options.topics.leave(topic, peer);
  }

  onSkipped(peer: SubscriberPeer, missed: Iterable<Topic>): void {
    for (const topic of missed) {
      if (peer.isSession) peer.tellLive(topic, topic.seq + 1);
      else this.#resync(peer, topic.name, topic.bytes);
    }
    this.#options.onDue(peer);
    this.#warnSlow(peer);
  }

  #warnSlow(peer: SubscriberPeer): void {
    const { head, tail } = this.#options.wireLog;
    const what = `it is more than ${head - tail} events behind and misses some`;
    this.refusals.slow(this.#nameOf(peer), what);
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
    peer.close();
    this.#options.topics.forgetPeer(peer);
    const { refusedAs } = connection;
    if (refusedAs !== undefined) this.refusals.refused(refusedAs, this.#nameOf(peer), reason);
    if (connection.peer !== undefined) {
      this.#options.onHealth({ kind: "peer-left", address: connection.stream.peer });
    }
    this.#options.onClosed();
  }

  /** Checks timeouts, lag and memory of all subscribers. */
  tick(): void {
    const now = performance.now();
    const timeoutMs = this.#options.settings.get(readTimeout) * 1000;
    for (const peer of [...this.#peers.values()]) {
      const { connection } = peer;
      connection.tick(now);
      if (connection.stalledMs(now) > timeoutMs) {
        connection.refuse(`it has not read for ${timeoutMs / 1000} s`, "stalled");
      }
      if (peer.isOverrun) this.#warnSlow(peer);
    }
    this.#limitMemory();
    this.refusals.tick(now);
  }
}

function hostOf(address: string): string {
  return address.replace(/:\d+$/, "");
}
