import type { DropReason } from "../../contract/health.ts";
import type { Logger } from "../../contract/logger.ts";
import type { Frame } from "../../contract/pubsub.ts";
import {
  Connection,
  type ConnectionOptions,
  type ConnectionOwner,
  type ReadBuffer,
} from "./connection.ts";
import type { FrameInbox } from "./frame_inbox.ts";
import type { EventLoop } from "./event_loop.ts";
import type { KernelStream } from "./kernel_stream.ts";
import { COMMAND, commandData } from "./session.ts";

/** A command names at most so many refused frames; more take further commands. */
const MAX_REFUSED = 500;
const TICK_MS = 1_000;

/** A local publisher that is connected. */
interface Source {
  readonly connection: Connection;
  readonly stream: KernelStream;
  isSession: boolean;
  /** Messages that it has sent. */
  received: number;
  /** Of them, those that are frames with the reader or on their way there. */
  pending: number;
  /** Of them, how many are handled, from the first on, and how many it was told are. */
  handled: number;
  acknowledged: number;
  /** Numbers of refused ones that it was not told of. */
  refused: number[];
  /** Whether it sends no more. */
  hasEnded: boolean;
}

/** A frame, and which of a publisher's messages it is. */
class PulledFrame implements Frame {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly source: Source;
  readonly number: number;
  isRefused = false;

  constructor(topic: string, payload: Uint8Array, source: Source) {
    this.topic = topic;
    this.payload = payload;
    this.source = source;
    this.number = source.received;
  }
}

/** What {@linkcode LocalPublishers} work with. */
export interface LocalPublishersOptions {
  readonly loop: EventLoop;
  readonly inbox: FrameInbox;
  /** Where they connect to, as health events name it. */
  readonly address: string;
  readonly log: Logger;
  readonly connection: ConnectionOptions;
  /** Called when one has gone. */
  readonly onGone: () => void;
}

/**
 * The publishers that are connected to a service: their frames go into the inbox, and those with our
 * session are told which of them were handled and which refused.
 */
export class LocalPublishers implements ConnectionOwner {
  readonly #options: LocalPublishersOptions;
  readonly #sources = new Map<Connection, Source>();
  /** Those with messages that were dropped since the last round. */
  readonly #unsettled = new Set<Source>();
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(options: LocalPublishersOptions) {
    this.#options = options;
    this.#timer = setInterval(() => {
      for (const { connection } of this.#sources.values()) connection.tick(performance.now());
    }, TICK_MS);
  }

  /** How many there are. */
  get count(): number {
    return this.#sources.size;
  }

  /** Takes a connection of one more. */
  add(stream: KernelStream): void {
    const connection = new Connection(stream, this, this.#options.connection);
    if (connection.isClosed) return;
    this.#sources.set(connection, {
      ...{ connection, stream, isSession: false, hasEnded: false },
      ...{ received: 0, pending: 0, handled: 0, acknowledged: 0, refused: [] },
    });
  }

  readBuffer(connection: Connection): ReadBuffer | undefined {
    return this.#options.inbox.readBuffer(connection);
  }

  onOpen(connection: Connection): void {
    const source = this.#sources.get(connection);
    if (source === undefined) return;
    source.isSession = connection.peer?.session !== undefined;
    const { inbox, address, log, loop } = this.#options;
    inbox.health.publish({ kind: "peer-joined", address });
    const uid = loop.kernel.peerUid(source.stream.fd);
    const processId = connection.peer?.session?.processId;
    log.debug("A local publisher connected", { address, uid, processId });
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
    const source = this.#sources.get(connection);
    if (source === undefined) return;
    const topic = inbox.topicAt(bytes, topicAt, topicSize);
    if (topic === undefined) return this.#refuse(source);
    const payload = bytes.subarray(payloadAt, payloadAt + payloadSize);
    inbox.push(new PulledFrame(topic, payload, source));
    source.received++;
    source.pending++;
  }

  onSingle(connection: Connection): void {
    this.onDrop(connection, "frame-count");
  }

  onDrop(connection: Connection, reason: DropReason): void {
    this.#options.inbox.drop(reason);
    const source = this.#sources.get(connection);
    if (source !== undefined) this.#refuse(source);
  }

  onCommand(): void {}

  #refuse(source: Source): void {
    source.refused.push(source.received++);
    if (this.#unsettled.size === 0) this.#options.loop.afterRound(() => this.#settleDropped());
    this.#unsettled.add(source);
  }

  #settleDropped(): void {
    for (const source of this.#unsettled) this.#acknowledge(source);
    this.#unsettled.clear();
  }

  onEnd(connection: Connection): void {
    const source = this.#sources.get(connection);
    if (source === undefined) return connection.close(connection.stream.endReason);
    source.hasEnded = true;
    this.#acknowledge(source);
  }

  onClosed(connection: Connection, reason: string): void {
    const { inbox, address, log, onGone } = this.#options;
    inbox.forget(connection);
    this.#sources.delete(connection);
    if (connection.peer !== undefined) inbox.health.publish({ kind: "peer-left", address });
    log.debug("A local publisher's connection ended", { address, reason });
    onGone();
  }

  /** The service refuses a frame of the batch that its reader has. */
  refuse(frame: Frame): void {
    if (frame instanceof PulledFrame) frame.isRefused = true;
  }

  /** The reader is through with a batch. */
  settle(batch: readonly Frame[]): void {
    const sources = new Set<Source>();
    for (const frame of batch) {
      if (!(frame instanceof PulledFrame)) continue;
      const { source, number } = frame;
      if (frame.isRefused) source.refused.push(number);
      source.handled = number + 1;
      source.pending--;
      sources.add(source);
    }
    for (const source of sources) this.#acknowledge(source);
  }

  #acknowledge(source: Source): void {
    const { connection, refused } = source;
    if (source.pending === 0) source.handled = source.received;
    if (!source.isSession) source.refused = [];
    else if (source.handled > source.acknowledged) {
      while (refused.length > MAX_REFUSED) {
        this.#send(connection, source.acknowledged, refused.splice(0, MAX_REFUSED));
      }
      this.#send(connection, source.handled, refused);
      source.refused = [];
      source.acknowledged = source.handled;
    }
    if (source.hasEnded && source.pending === 0) connection.close(connection.stream.endReason);
  }

  #send(connection: Connection, handled: number, refused: readonly number[]): void {
    connection.sendCommand(COMMAND.ack, commandData([handled, ...refused]));
  }

  /** Has none send more: what they have sent still comes, and then their end. */
  cut(): void {
    for (const { stream } of this.#sources.values()) stream.shutdown("incoming");
  }

  /** Ends all at once. */
  close(): void {
    clearInterval(this.#timer);
    for (const connection of this.#sources.keys()) connection.close("the service has ended");
  }
}
