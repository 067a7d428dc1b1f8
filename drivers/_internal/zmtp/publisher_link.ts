import type { DropReason } from "../../contract/health.ts";
import type { Settings } from "../../contract/option.ts";
import { pubSubMaxEventBytes } from "../../contract/options.ts";
import { AppliedReports, type Place } from "./applied_reports.ts";
import { Connection, type ConnectionOwner, type Peer, type ReadBuffer } from "./connection.ts";
import { Connector } from "./connector.ts";
import { parseEndpoint } from "./endpoint.ts";
import type { EventLoop } from "./event_loop.ts";
import type { FrameInbox } from "./frame_inbox.ts";
import { heartbeats, ownSession } from "./options.ts";
import { COMMAND, commandData, commandNumber, commandText, sessionProperties } from "./session.ts";
import { subscription } from "./wire.ts";

/** What the links of a subscriber share. */
export interface LinkOptions {
  readonly loop: EventLoop;
  readonly settings: Settings;
  readonly inbox: FrameInbox;
  /** Something has changed that a caller of `ready` may wait for. */
  readonly onChange: () => void;
}

const DECODER = new TextDecoder("utf-8", { ignoreBOM: true });
const NO_PAYLOAD = new Uint8Array();

/**
 * The connection to one publisher, made again whenever it ends.
 *
 * A publisher with our session goes on where the connection ended, or says from where on. One
 * without has lost events then, on every topic.
 */
export class PublisherLink implements ConnectionOwner {
  readonly address: string;
  readonly #options: LinkOptions;
  readonly #connector: Connector;
  readonly #places = new Map<string, Place>();
  readonly #applied = new AppliedReports();
  #connection: Connection | undefined;
  /** The run of the publisher that the places are of. */
  #run: string | undefined;
  /** Whether there was a connection before: then events may have been missed. */
  #wasOpen = false;
  /** Whether health has told that it is live. */
  #isToldLive = false;
  #isClosed = false;

  /** @throws {DriverError} `ADDRESS_INVALID` */
  constructor(
    address: string,
    topics: ReadonlyMap<string, Uint8Array<ArrayBuffer>>,
    options: LinkOptions,
  ) {
    this.address = address;
    this.#options = options;
    for (const [topic, bytes] of topics) this.#place(topic, bytes);
    this.#connector = new Connector(options.loop, parseEndpoint(address, "subscribe to"), {
      tcpTimeoutMs: Math.max(1_000, heartbeats(options.settings).heartbeatTimeoutMs),
      onStream: (stream) => {
        this.#connection = new Connection(stream, this, {
          socketType: "SUB",
          properties: sessionProperties(ownSession(options.settings)),
          maxFrameBytes: options.settings.get(pubSubMaxEventBytes),
          ...heartbeats(options.settings),
        });
      },
      onFailure: () => {},
    });
  }

  #place(topic: string, bytes: Uint8Array<ArrayBuffer>): Place {
    const place = { bytes, next: undefined, isLive: false, applied: 0, isTold: false };
    this.#places.set(topic, place);
    return place;
  }

  /** Whether every topic is live. */
  get isLive(): boolean {
    if (this.#connection?.isOpen !== true) return false;
    for (const { isLive } of this.#places.values()) if (!isLive) return false;
    return true;
  }

  /** Wants one more topic. */
  addTopic(topic: string, bytes: Uint8Array<ArrayBuffer>): void {
    const place = this.#place(topic, bytes);
    if (this.#connection?.isOpen !== true) return;
    this.#want(this.#connection, place, 0);
    this.#connection.pump();
  }

  /** Wants it no more. */
  removeTopic(topic: string): void {
    const place = this.#places.get(topic);
    const connection = this.#connection;
    if (place === undefined) return;
    this.#places.delete(topic);
    if (connection?.isOpen !== true) return;
    if (connection.peer?.session !== undefined) {
      connection.sendCommand(COMMAND.drop, place.bytes);
    } else connection.sendFrame(subscription("cancel", place.bytes, connection.peer?.minor ?? 0));
  }

  readBuffer(connection: Connection): ReadBuffer | undefined {
    return this.#options.inbox.readBuffer(connection);
  }

  onOpen(connection: Connection, { session }: Peer): void {
    const { inbox } = this.#options;
    inbox.health.publish({ kind: "connected", address: this.address });
    this.#connector.noteSuccess();
    const isSameRun = session?.run !== undefined && session.run === this.#run;
    for (const [topic, place] of this.#places) {
      const have = isSameRun && place.next !== undefined ? place.next - 1 : 0;
      // What another run, or a publisher without our session, sent in the meantime is lost.
      if (this.#wasOpen && !isSameRun && place.next !== undefined) {
        this.#tellGap(
          topic,
          session === undefined ? "the connection was lost" : "the publisher restarted",
        );
      }
      if (!isSameRun) place.next = undefined;
      place.isTold = false;
      this.#want(connection, place, have);
    }
    if (!isSameRun) this.#applied.clear();
    this.#run = session?.run;
    this.#wasOpen = true;
    connection.pump();
    this.#look();
  }

  #want(connection: Connection, place: Place, have: number): void {
    if (connection.peer?.session !== undefined) {
      connection.queueCommand(COMMAND.want, commandData([have], place.bytes));
      return;
    }
    connection.queue(subscription("subscribe", place.bytes, connection.peer?.minor ?? 0));
    place.next = 0;
    place.isLive = true;
  }

  onMessage(
    _connection: Connection,
    bytes: Uint8Array<ArrayBuffer>,
    topicAt: number,
    topicSize: number,
    payloadAt: number,
    payloadSize: number,
  ): void {
    const { inbox } = this.#options;
    const topic = inbox.topicAt(bytes, topicAt, topicSize);
    if (topic === undefined) return;
    const place = this.#places.get(topic);
    // A publisher without our session also sends what only begins like a topic.
    if (place === undefined || !place.isLive || place.next === undefined) return;
    place.next++;
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
    if (name !== COMMAND.live) return;
    const next = commandNumber(data, 0);
    const topic = DECODER.decode(commandText(data, 1));
    if (next === undefined) return connection.refuse("its command is malformed");
    const place = this.#places.get(topic);
    if (place === undefined) return;
    if (place.next === undefined) place.applied = next;
    const lost = place.next === undefined ? 0 : next - place.next;
    if (lost !== 0) this.#tellGap(topic, lostText(lost));
    place.next = next;
    place.isLive = true;
    this.#look();
  }

  onDrop(_connection: Connection, reason: DropReason): void {
    this.#options.inbox.drop(reason);
  }

  onClosed(connection: Connection, reason: string): void {
    const { inbox } = this.#options;
    inbox.forget(connection);
    this.#connection = undefined;
    for (const place of this.#places.values()) place.isLive = false;
    if (this.#isClosed) return inbox.wake();
    const { address } = this;
    if (connection.peer !== undefined) {
      inbox.health.publish({ kind: "disconnected", address, reason });
    }
    this.#isToldLive = false;
    this.#connector.retry();
    this.#options.onChange();
  }

  #tellGap(topic: string, gap: string): void {
    this.#options.inbox.push({ topic, payload: NO_PAYLOAD, address: this.address, gap });
  }

  #look(): void {
    if (!this.isLive) return;
    if (!this.#isToldLive) {
      this.#isToldLive = true;
      const proof = this.#connection?.peer?.session === undefined ? "handshake" : "confirmed";
      this.#options.inbox.health.publish({ kind: "live", address: this.address, proof });
    }
    this.#options.onChange();
  }

  /** @param applied how many of the frames that were handed out the application has */
  tick(now: number, applied: number): void {
    this.#connection?.tick(now);
    if (this.#connection?.isOpen !== true || this.#run === undefined) return;
    const { arrived } = this.#options.inbox;
    this.#applied.tick(this.#connection, this.#places, { arrived, applied });
  }

  /** Whether something that has arrived may still have to be read. */
  get isReading(): boolean {
    return this.#connection !== undefined;
  }

  /** Leaves the publisher when all that has arrived is read. */
  finish(): void {
    this.#isClosed = true;
    this.#connector.close();
    if (this.#connection?.isOpen === true) this.#connection.stream.shutdown("incoming");
    else this.close();
  }

  /** Leaves the publisher. */
  close(): void {
    this.#isClosed = true;
    this.#connector.close();
    this.#connection?.close("the subscriber left");
  }
}

function lostText(lost: number): string {
  if (lost < 0) return "the publisher counts its events anew";
  return `${lost} event${lost === 1 ? "" : "s"} can no longer be sent again`;
}
