import type { DropReason } from "../../../contract/health.ts";
import type { Settings } from "../../../contract/option.ts";
import { AppliedReports } from "./applied_reports.ts";
import { Connection } from "../connection.ts";
import type { ConnectionOwner, ReadBuffer } from "../connection_types.ts";
import {
  type Connector,
  MAX_REFUSED_PAUSE_MS,
  type StreamOptions,
} from "../../sockets/connector.ts";
import type { FrameInbox } from "../frame_inbox.ts";
import { connectionOptions, greetingOf, tcpTimeoutMs } from "../options.ts";
import type { Peer } from "../peer.ts";
import { COMMAND, commandNumber, commandTopic, type PeerSession } from "../session.ts";
import { subscribeCommand, TopicMarks } from "./topic_marks.ts";
import { type Place, type SubscribedTopic, TopicPlaces } from "./topic_places.ts";
import { ALL_TOPICS, subscription } from "../wire.ts";

/** What a publisher link needs of its subscriber. */
export interface LinkOptions {
  readonly settings: Settings;
  readonly inbox: FrameInbox;
  readonly connect: (options: StreamOptions) => Connector;
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
  readonly #marks = new TopicMarks(this.#places, (topic, mark) => {
    const frame = { topic, payload: NO_PAYLOAD, address: this.address, ...mark };
    this.#options.inbox.push(frame);
  });
  /** Why there is no connection, if known. */
  failure: string | undefined;
  /** What the current or last publisher announced. The places belong to its run. */
  session: PeerSession | undefined;
  #connection: Connection | undefined;
  /** Published health events: when `live` on this connection, the last refusal since one opened. */
  #liveAt: number | undefined;
  #toldRefusal: string | undefined;
  #isClosed = false;

  constructor(
    address: string,
    topics: ReadonlyMap<string, SubscribedTopic>,
    options: LinkOptions,
  ) {
    this.address = address;
    this.#options = options;
    for (const [topic, subscribed] of topics) this.#places.add(topic, subscribed);
    this.#connector = options.connect({
      tcpTimeoutMs: tcpTimeoutMs(options.settings),
      onStream: (stream) => {
        this.#connection = new Connection(stream, this, {
          ...connectionOptions(options.settings, "SUB"),
          ...(topics.has(ALL_TOPICS) ? { properties: new Map() } : {}),
          // Reads everything that the publisher sent, however the connection ended.
          ...{ lingerMs: Infinity, maxQueuedBytes: Infinity, topics: options.inbox.topics },
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

  /** Whether the publisher has confirmed every topic. */
  get isLive(): boolean {
    return this.#open !== undefined && this.#places.areConfirmed;
  }

  addTopic(topic: string, subscribed: SubscribedTopic): void {
    this.#want(this.#places.add(topic, subscribed));
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
    this.failure = this.#toldRefusal = undefined;
    this.#places.isInterrupted = false;
    const shared = this.#open?.session;
    if (shared?.run === undefined || shared.run !== this.session?.run) {
      this.#places.restart(shared ? "the publisher restarted" : "the connection was lost");
    }
    this.session = session;
    for (const place of this.#places.values()) {
      this.#want(place);
      if (this.#open?.outgoing.isWorthSending) this.#open.pump();
    }
    this.#look();
  }

  #want(place: Place): void {
    const connection = this.#open;
    if (connection === undefined) return;
    if (connection.session) {
      return connection.queueCommand(...subscribeCommand(place, connection.session));
    }
    connection.queue(subscription("subscribe", place.bytes, connection.peer?.minor ?? 0));
    this.#places.settle(place, (settled) => {
      for (const [topic, each] of settled) this.#marks.begin(topic, each, each.next ?? 0);
      this.#look(settled.length > 0 || this.isLive);
    });
  }

  onMessage(topic: string | undefined, payload: Uint8Array<ArrayBuffer>): void {
    if (topic === undefined) return this.#options.inbox.drop("topic-invalid");
    const place = this.#places.get(topic) ?? this.#places.get(ALL_TOPICS);
    // A publisher without our session also sends topics that only begin with a subscribed one.
    if (place === undefined) return;
    const { isLive, end } = place;
    if (!isLive && end === undefined && this.#connection?.session !== undefined) return;
    if (place.next !== undefined) place.next++;
    else place.missing--;
    this.#applied.noteArrived(place);
    this.#options.inbox.push({ topic, payload, address: this.address });
    if (isLive && end !== undefined) this.#marks.advance(topic, place);
  }

  onCommand(name: string, data: Uint8Array): void {
    if (name === COMMAND.past) {
      this.#marks.answer(data);
      return this.#look();
    }
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
    this.#marks.begin(topic, place, next);
    this.#look();
  }

  onDrop(reason: DropReason, topic?: string): void {
    this.#options.inbox.drop(reason);
    const place = topic === undefined ? undefined : this.#places.get(topic);
    if (topic === undefined || place?.isLive !== true || place.next === undefined) return;
    place.next++;
    this.#marks.lose(topic, place, "an event is larger than pub_sub_max_event_bytes");
  }

  onClosed(reason: string): void {
    const connection = this.#connection;
    this.#connection = undefined;
    this.#places.end(connection?.peer !== undefined);
    this.#applied.end();
    // The pauses grow if it was never live, or is refused soon after it was.
    const neededMs = connection?.refusedAs === undefined ? 0 : MAX_REFUSED_PAUSE_MS;
    const wasLive = this.#liveAt !== undefined && performance.now() - this.#liveAt >= neededMs;
    if (wasLive) this.#connector.noteSuccess();
    this.#liveAt = undefined;
    this.failure = reason;
    if (connection !== undefined) this.#options.inbox.forget(connection);
    if (this.#isClosed) return;
    const isNewRefusal = connection?.refusedAs !== undefined && this.#toldRefusal !== reason;
    if (isNewRefusal) this.#toldRefusal = reason;
    if (connection?.peer !== undefined || isNewRefusal) {
      this.#options.inbox.health.publish({ kind: "disconnected", address: this.address, reason });
    }
    this.#connector.retry(connection?.refusedAs && MAX_REFUSED_PAUSE_MS);
    this.#options.onChange();
  }

  #look(isEnough = this.isLive): void {
    if (!isEnough) return;
    if (this.#liveAt === undefined) {
      const proof = this.#open?.session === undefined ? "handshake" : "confirmed";
      this.#options.inbox.health.publish({ kind: "live", address: this.address, proof });
    }
    this.#liveAt ??= performance.now();
    this.#options.onChange();
  }

  /** Reports first: after a report, no heartbeat is due. */
  tick(now: number): void {
    if (this.#open?.session) this.#applied.tick(this.#open, this.#options.inbox);
    this.#connection?.tick(now);
  }

  /** The application has applied more frames. */
  noteApplied(): void {
    if (this.#open?.session) this.#applied.noteApplied(this.#open, this.#options.inbox);
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
