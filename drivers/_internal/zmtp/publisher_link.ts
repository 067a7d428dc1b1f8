import type { DropReason } from "../../contract/health.ts";
import type { Settings } from "../../contract/option.ts";
import { AppliedReports } from "./applied_reports.ts";
import { Connection } from "./connection.ts";
import type { ConnectionOwner, ReadBuffer } from "./connection_types.ts";
import { Connector } from "../sockets/connector.ts";
import { parseEndpoint } from "../sockets/endpoint.ts";
import type { EventLoop } from "../sockets/event_loop.ts";
import type { FrameInbox } from "./frame_inbox.ts";
import { connectionOptions, greetingOf, tcpTimeoutMs } from "./options.ts";
import type { Peer } from "./peer.ts";
import { COMMAND, commandData, commandNumber, commandTopic, type PeerSession } from "./session.ts";
import { type Place, TopicPlaces } from "./topic_places.ts";
import { subscription } from "./wire.ts";

/** The objects that all publisher links of a subscriber share. */
export interface LinkOptions {
  readonly loop: EventLoop;
  readonly settings: Settings;
  readonly inbox: FrameInbox;
  /** Called when something changes that a caller of `ready` may be waiting for. */
  readonly onChange: () => void;
}

const NO_PAYLOAD = new Uint8Array();

/**
 * The connection to one publisher. It reconnects when the connection ends.
 *
 * A publisher with our session resumes, or names the event from which it continues. With any other
 * publisher, every topic has a gap after a reconnect.
 */
export class PublisherLink implements ConnectionOwner {
  readonly address: string;
  readonly #options: LinkOptions;
  readonly #connector: Connector;
  readonly #places = new TopicPlaces();
  readonly #applied = new AppliedReports(this.#places);
  /** Why there is no connection, if known. */
  failure: string | undefined;
  /** What the current or last publisher announced. The places belong to its run. */
  session: PeerSession | undefined;
  #connection: Connection | undefined;
  /** Health events that were published: `live` on this connection, a refusal since one opened. */
  #isToldLive = false;
  #isToldRefused = false;
  #isClosed = false;

  /** @throws {DriverError} `ADDRESS_INVALID` */
  constructor(
    address: string,
    topics: ReadonlyMap<string, Uint8Array<ArrayBuffer>>,
    options: LinkOptions,
  ) {
    this.address = address;
    this.#options = options;
    for (const [topic, bytes] of topics) this.#places.add(topic, bytes);
    this.#connector = new Connector(options.loop, parseEndpoint(address, "subscribe to"), {
      tcpTimeoutMs: tcpTimeoutMs(options.settings),
      onStream: (stream) => {
        this.#connection = new Connection(stream, this, {
          ...connectionOptions(options.settings, "SUB"),
          // Reads everything that the publisher sent, however the connection ended.
          ...{ lingerMs: Infinity, maxQueuedBytes: Infinity },
        });
        this.#connection.start();
      },
      onFailure: (reason) => this.failure = reason,
    });
  }

  /** The connection, once its handshake is done. */
  get #open(): Connection | undefined {
    return this.#connection?.isOpen === true ? this.#connection : undefined;
  }

  /** Whether every topic is live. */
  get isLive(): boolean {
    return this.#open !== undefined && this.#places.areLive;
  }

  /** Marks a topic live from `next` on, and only now reports a gap, at which to read again. */
  #begin(topic: string, place: Place, next: number): void {
    const gap = this.#places.begin(place, next);
    if (gap !== undefined) this.#tellGap(topic, gap);
  }

  addTopic(topic: string, bytes: Uint8Array<ArrayBuffer>): void {
    this.#want(this.#places.add(topic, bytes));
    this.#open?.pump();
  }

  removeTopic(topic: string): void {
    const place = this.#places.get(topic);
    const connection = this.#open;
    const hasSession = connection?.session !== undefined;
    if (place === undefined) return;
    this.#places.remove(topic, place, hasSession);
    if (hasSession) connection?.queueCommand(COMMAND.drop, place.bytes);
    else connection?.queue(subscription("cancel", place.bytes, connection.peer?.minor ?? 0));
    connection?.pump();
  }

  readBuffer(): ReadBuffer | undefined {
    return this.#connection && this.#options.inbox.readBuffer(this.#connection);
  }

  onOpen({ session }: Peer): void {
    const { inbox } = this.#options;
    inbox.health.publish({ kind: "connected", address: this.address, ...greetingOf(session) });
    this.failure = undefined;
    this.#isToldRefused = false;
    this.#connector.noteSuccess();
    if (session?.run === undefined || session.run !== this.session?.run) {
      this.#places.restart(session ? "the publisher restarted" : "the connection was lost");
      this.#applied.clear();
    }
    this.session = session;
    for (const place of this.#places.values()) {
      this.#want(place);
      if (this.#open?.outgoing.isWorthSending) this.#open.pump();
    }
    this.#look();
  }

  #want({ next = 0, bytes }: Place): void {
    const connection = this.#open;
    if (connection === undefined) return;
    if (connection.session) {
      return connection.queueCommand(COMMAND.want, commandData([next], bytes));
    }
    connection.queue(subscription("subscribe", bytes, connection.peer?.minor ?? 0));
    this.#places.settle(() => this.#settle());
  }

  #settle(): void {
    for (const [topic, place] of this.#places) {
      if (!place.isLive) this.#begin(topic, place, place.next ?? 0);
    }
    this.#look();
  }

  onMessage(bytes: Uint8Array<ArrayBuffer>, payload: Uint8Array<ArrayBuffer>): void {
    const { inbox } = this.#options;
    const topic = inbox.topicOf(bytes);
    if (topic === undefined) return;
    const place = this.#places.get(topic);
    // A publisher without our session also sends topics that only begin with a subscribed one.
    if (place === undefined || !place.isLive && this.#connection?.session !== undefined) return;
    if (place.next !== undefined) place.next++;
    this.#applied.noteArrived(place);
    inbox.push({ topic, payload, address: this.address });
  }

  onCommand(name: string, data: Uint8Array): void {
    if (name !== COMMAND.live && name !== COMMAND.report) return;
    const next = commandNumber(data, 0);
    const topic = commandTopic(data, 1);
    if (next === undefined) return this.#connection?.refuse("its command is malformed");
    const place = this.#places.get(topic);
    if (name === COMMAND.report) {
      if (place !== undefined) this.#applied.request(place, next);
      return this.noteApplied();
    }
    if (this.#places.isStale(topic) || place === undefined) return;
    this.#begin(topic, place, next);
    this.#look();
  }

  onDrop(reason: DropReason, topic = NO_PAYLOAD): void {
    this.#options.inbox.drop(reason);
    const name = commandTopic(topic, 0);
    const place = this.#places.get(name);
    if (place?.isLive !== true || place.next === undefined) return;
    place.next++;
    this.#tellGap(name, "an event is larger than pub_sub_max_event_bytes");
  }

  onClosed(reason: string): void {
    const { inbox } = this.#options;
    const connection = this.#connection;
    this.#connection = undefined;
    this.#places.end();
    this.#applied.end();
    this.#isToldLive = false;
    this.failure = reason;
    if (connection !== undefined) inbox.forget(connection);
    if (this.#isClosed) return;
    const isNewRefusal = connection?.refusedAs !== undefined && !this.#isToldRefused;
    this.#isToldRefused ||= isNewRefusal;
    if (connection?.peer !== undefined || isNewRefusal) {
      inbox.health.publish({ kind: "disconnected", address: this.address, reason });
    }
    this.#connector.retry();
    this.#options.onChange();
  }

  #tellGap(topic: string, gap: string): void {
    this.#options.inbox.push({ topic, payload: NO_PAYLOAD, address: this.address, gap });
  }

  #look(): void {
    if (!this.isLive) return;
    if (!this.#isToldLive) {
      const proof = this.#open?.session === undefined ? "handshake" : "confirmed";
      this.#options.inbox.health.publish({ kind: "live", address: this.address, proof });
    }
    this.#isToldLive = true;
    this.#options.onChange();
  }

  tick(now: number): void {
    this.#connection?.tick(now);
    const connection = this.#open;
    if (connection?.session?.run === undefined) return;
    this.#applied.tick(connection, this.#options.inbox);
  }

  /** The application has applied more frames. */
  noteApplied(): void {
    if (this.#open !== undefined) this.#applied.noteApplied(this.#open, this.#options.inbox);
  }

  /** Whether received data may still have to be read. */
  get isReading(): boolean {
    return this.#connection !== undefined;
  }

  /** Leaves the publisher once all received data is read. */
  finish(): void {
    this.#leave();
    if (this.#open !== undefined) this.#open.stream.shutdown("incoming");
    else this.#connection?.close("the subscriber left");
  }

  close(): void {
    this.#leave();
    this.#connection?.close("the subscriber left");
  }

  /** Stops reconnecting and drops all topics, so that the publisher does not wait for it. */
  #leave(): void {
    this.#isClosed = true;
    this.#connector.close();
    if (this.#open?.session === undefined) return;
    this.#open.queueCommand(COMMAND.drop, NO_PAYLOAD);
    this.#open.pump();
  }
}
