import type { DropReason } from "../../contract/health.ts";
import type { Settings } from "../../contract/option.ts";
import { AppliedReports } from "./applied_reports.ts";
import { Connection } from "./connection.ts";
import type { ConnectionOwner, Peer, ReadBuffer } from "./connection_types.ts";
import { Connector } from "./connector.ts";
import { parseEndpoint } from "./endpoint.ts";
import type { EventLoop } from "./event_loop.ts";
import { LinkHealth } from "./link_health.ts";
import type { FrameInbox } from "./frame_inbox.ts";
import { heartbeats } from "./options.ts";
import { COMMAND, commandData, commandNumber, commandTopic, type PeerSession } from "./session.ts";
import { subscriberConnection } from "./subscriber_connection.ts";
import { type Place, TopicPlaces } from "./topic_places.ts";
import { subscription } from "./wire.ts";

/** What the links of a subscriber share. */
export interface LinkOptions {
  readonly loop: EventLoop;
  readonly settings: Settings;
  readonly inbox: FrameInbox;
  /** Something has changed that a caller of `ready` may wait for. */
  readonly onChange: () => void;
}

const NO_PAYLOAD = new Uint8Array();

/**
 * The connection to one publisher; it reconnects when that ends.
 *
 * A publisher with our session resumes, or says with which event it goes on. With a publisher
 * without it every topic has a gap after a reconnect.
 */
export class PublisherLink implements ConnectionOwner {
  readonly address: string;
  readonly #options: LinkOptions;
  readonly #connector: Connector;
  readonly #places = new TopicPlaces();
  readonly #applied = new AppliedReports(this.#places);
  readonly health: LinkHealth;
  #connection: Connection | undefined;
  /** The run of the publisher that the places are of. */
  #run: string | undefined;
  #isClosed = false;

  /** @throws {DriverError} `ADDRESS_INVALID` */
  constructor(
    address: string,
    topics: ReadonlyMap<string, Uint8Array<ArrayBuffer>>,
    options: LinkOptions,
  ) {
    this.address = address;
    this.#options = options;
    this.health = new LinkHealth(address, options.inbox.health);
    for (const [topic, bytes] of topics) this.#places.add(topic, bytes);
    this.#connector = new Connector(options.loop, parseEndpoint(address, "subscribe to"), {
      tcpTimeoutMs: Math.max(1_000, heartbeats(options.settings).heartbeatTimeoutMs),
      onStream: (stream) => {
        this.#connection = new Connection(stream, this, subscriberConnection(options.settings));
      },
      onFailure: (reason) => this.health.failure = reason,
    });
  }

  /** Whether every topic is live. */
  get isLive(): boolean {
    return this.#connection?.isOpen === true && this.#places.areLive;
  }

  /** What the publisher said of itself. */
  get session(): PeerSession | undefined {
    return this.#connection?.peer?.session;
  }

  /** A reader that reads again at a gap misses nothing: the topic is live there. */
  #begin(topic: string, place: Place, next: number): void {
    const gap = this.#places.begin(place, next);
    if (gap !== undefined) this.#tellGap(topic, gap);
  }

  /** Subscribes to a topic. */
  addTopic(topic: string, bytes: Uint8Array<ArrayBuffer>): void {
    const place = this.#places.add(topic, bytes);
    if (this.#connection?.isOpen !== true) return;
    this.#want(this.#connection, place);
    this.#connection.pump();
  }

  /** Ends a subscription. */
  removeTopic(topic: string): void {
    const place = this.#places.find(topic);
    const connection = this.#connection;
    if (place === undefined) return;
    const hasSession = connection?.isOpen === true && connection.peer?.session !== undefined;
    this.#places.remove(topic, place, hasSession);
    if (connection?.isOpen !== true) return;
    if (hasSession) {
      connection.queueCommand(COMMAND.drop, place.bytes);
      connection.pump();
    } else connection.sendFrame(subscription("cancel", place.bytes, connection.peer?.minor ?? 0));
  }

  readBuffer(connection: Connection): ReadBuffer | undefined {
    return this.#options.inbox.readBuffer(connection);
  }

  onOpen(connection: Connection, { session }: Peer): void {
    this.health.opened();
    this.#connector.noteSuccess();
    if (session?.run === undefined || session.run !== this.#run) {
      // What another run, or a publisher without our session, sent in the meantime is lost.
      const gap = session === undefined ? "the connection was lost" : "the publisher restarted";
      this.#places.restart(gap);
      this.#applied.clear();
    }
    for (const [, place] of this.#places.entries()) this.#want(connection, place);
    this.#run = session?.run;
    connection.pump();
    this.#look();
  }

  #want(connection: Connection, place: Place): void {
    if (connection.peer?.session !== undefined) {
      return connection.queueCommand(COMMAND.want, commandData([place.next ?? 0], place.bytes));
    }
    connection.queue(subscription("subscribe", place.bytes, connection.peer?.minor ?? 0));
    this.#places.settle(() => this.#settle());
  }

  #settle(): void {
    for (const [topic, place] of this.#places.entries()) {
      if (!place.isLive) this.#begin(topic, place, place.next ?? 0);
    }
    this.#look();
  }

  onMessage(
    connection: Connection,
    bytes: Uint8Array<ArrayBuffer>,
    topicAt: number,
    topicSize: number,
    payloadAt: number,
    payloadSize: number,
  ): void {
    const { inbox } = this.#options;
    const topic = inbox.topicAt(bytes, topicAt, topicSize);
    if (topic === undefined) return;
    const place = this.#places.find(topic);
    // A publisher without our session also sends what only begins like a topic.
    if (place === undefined || !place.isLive && connection.peer?.session !== undefined) return;
    if (place.next !== undefined) place.next++;
    if (!inbox.takes(payloadSize)) return;
    inbox.push({
      topic,
      payload: bytes.subarray(payloadAt, payloadAt + payloadSize),
      address: this.address,
    });
  }

  onSingle(): void {
    this.#options.inbox.drop("frame-count");
  }

  onCommand(connection: Connection, name: string, data: Uint8Array): void {
    if (name !== COMMAND.live && name !== COMMAND.report) return;
    const next = commandNumber(data, 0);
    const topic = commandTopic(data, 1);
    if (next === undefined) return connection.refuse("its command is malformed");
    const place = this.#places.find(topic);
    if (name === COMMAND.report) {
      if (place !== undefined) this.#applied.request(place, next);
      return this.#applied.answer(connection, this.#options.inbox);
    }
    if (this.#places.isStale(topic) || place === undefined) return;
    this.#begin(topic, place, next);
    this.#look();
  }

  onDrop(_connection: Connection, reason: DropReason, topic = NO_PAYLOAD): void {
    this.#options.inbox.drop(reason);
    const name = commandTopic(topic, 0);
    const place = this.#places.find(name);
    if (place?.isLive !== true || place.next === undefined) return;
    place.next++;
    this.#tellGap(name, "an event is larger than pub_sub_max_event_bytes");
  }

  onClosed(connection: Connection, reason: string): void {
    const { inbox } = this.#options;
    inbox.forget(connection);
    this.#connection = undefined;
    this.#places.end();
    this.#applied.end();
    this.health.failure = reason;
    if (this.#isClosed) return inbox.wake();
    const { peer, refusedAs } = connection;
    this.health.ended(reason, peer !== undefined, refusedAs !== undefined);
    this.#connector.retry();
    this.#options.onChange();
  }

  #tellGap(topic: string, gap: string): void {
    this.#options.inbox.push({ topic, payload: NO_PAYLOAD, address: this.address, gap });
  }

  #look(): void {
    if (!this.isLive) return;
    this.health.live(this.session === undefined ? "handshake" : "confirmed");
    this.#options.onChange();
  }

  tick(now: number): void {
    this.#connection?.tick(now);
    if (this.#connection?.isOpen !== true || this.#run === undefined) return;
    this.#applied.tick(this.#connection, this.#options.inbox);
  }

  /** The application has more frames. */
  noteApplied(): void {
    if (this.#connection?.isOpen) this.#applied.answer(this.#connection, this.#options.inbox);
  }

  /** Whether something that has arrived may still have to be read. */
  get isReading(): boolean {
    return this.#connection !== undefined;
  }

  /** Leaves the publisher when all that has arrived is read. */
  finish(): void {
    this.#isClosed = true;
    this.#connector.close();
    if (this.#connection?.isOpen !== true) return this.close();
    this.#leave();
    this.#connection.stream.shutdown("incoming");
  }

  /** Leaves the publisher. */
  close(): void {
    this.#isClosed = true;
    this.#connector.close();
    this.#leave();
    this.#connection?.close("the subscriber left");
  }

  /** It is not to be taken for a subscriber that will be back. */
  #leave(): void {
    if (this.session !== undefined) this.#connection?.queueCommand(COMMAND.drop, NO_PAYLOAD);
    this.#connection?.pump();
  }
}
