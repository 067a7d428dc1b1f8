import type { Logger } from "../../contract/logger.ts";
import type { Frame } from "../../contract/pubsub.ts";
import { Connection } from "./connection.ts";
import type { ConnectionOptions } from "./connection_types.ts";
import type { FrameInbox } from "./frame_inbox.ts";
import type { Kernel } from "../sockets/kernel.ts";
import type { KernelStream } from "../sockets/kernel_stream.ts";
import { Fold } from "./refusals.ts";
import { COMMAND, commandData } from "./session.ts";

/** One command names at most this number of refused messages; further commands name the others. */
const MAX_REFUSED = 500;
const TICK_MS = 1_000;

/** A local publisher that is connected. */
interface Source {
  readonly connection: Connection;
  /** The account that it runs under. */
  readonly uid: number | undefined;
  /** Number of messages that have arrived from it. */
  received: number;
  /** Number of its frames that the reader has or is yet to get. */
  pending: number;
  /** How many of them are handled, from the first on, and how many were acknowledged. */
  handled: number;
  acknowledged: number;
  /** Indexes of refused ones that were not acknowledged yet. */
  refused: number[];
  /** Whether it has closed its end. */
  hasEnded: boolean;
}

/** A frame, and its index among the messages of its publisher. */
class PulledFrame implements Frame {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly source: Source;
  readonly index: number;
  isRefused = false;

  constructor(topic: string, payload: Uint8Array, source: Source) {
    this.topic = topic;
    this.payload = payload;
    this.source = source;
    this.index = source.received;
  }
}

/** How {@linkcode LocalPublishers} are made. */
export interface LocalPublishersOptions {
  readonly kernel: Kernel;
  readonly inbox: FrameInbox;
  /** The address that they connect to, for health events. */
  readonly address: string;
  readonly log: Logger;
  readonly connection: ConnectionOptions;
}

/**
 * The local publishers of a service. Their frames go into the inbox. The messages of
 * those with our session are acknowledged: which are handled, and which refused.
 */
export class LocalPublishers {
  readonly #options: LocalPublishersOptions;
  readonly #sources = new Set<Source>();
  readonly #refusals: Fold;
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(options: LocalPublishersOptions) {
    this.#options = options;
    this.#refusals = new Fold(options.log, 1);
    this.#timer = setInterval(() => {
      const now = performance.now();
      for (const { connection } of this.#sources) connection.tick(now);
      this.#refusals.tick(now);
    }, TICK_MS);
  }

  /** The number of connections. */
  get count(): number {
    return this.#sources.size;
  }

  /** Adds a connection. */
  add(stream: KernelStream): void {
    const { inbox, kernel } = this.#options;
    const connection: Connection = new Connection(stream, {
      readBuffer: () => inbox.readBuffer(connection),
      onOpen: () => this.#onOpen(source),
      onMessage: (bytes, payload) => {
        const topic = inbox.topicOf(bytes);
        if (topic === undefined) return this.#refuse(source);
        inbox.push(new PulledFrame(topic, payload, source));
        source.received++;
        source.pending++;
      },
      onDrop: (reason) => {
        inbox.drop(reason);
        this.#refuse(source);
      },
      onEnd: () => {
        source.hasEnded = true;
        this.#acknowledge(source);
      },
      onClosed: (reason) => this.#onClosed(source, reason),
    }, this.#options.connection);
    const source: Source = {
      ...{ connection, uid: kernel.peerUid(stream.fd), hasEnded: false },
      ...{ received: 0, pending: 0, handled: 0, acknowledged: 0, refused: [] },
    };
    this.#sources.add(source);
    connection.start();
  }

  #onOpen({ connection, uid }: Source): void {
    const { inbox, address, log } = this.#options;
    inbox.health.publish({ kind: "peer-joined", address });
    const processId = connection.session?.processId;
    log.debug("A local publisher connected", { address, uid, processId });
  }

  #onClosed(source: Source, reason: string): void {
    const { inbox, address, log } = this.#options;
    const { connection, uid } = source;
    this.#sources.delete(source);
    if (connection.peer !== undefined) inbox.health.publish({ kind: "peer-left", address });
    if (connection.refusedAs === undefined) {
      log.debug("A local publisher disconnected", { address, uid, reason });
    } else {
      const peer = `a publisher of account ${uid} at "${address}"`;
      this.#refusals.warn(`Closed the connection of ${peer}: ${reason}`);
    }
    inbox.forget(connection);
  }

  #refuse(source: Source): void {
    source.refused.push(source.received++);
    this.#acknowledge(source);
  }

  /** Marks a frame of the batch at hand as refused. */
  refuse(frame: Frame): void {
    if (frame instanceof PulledFrame) frame.isRefused = true;
  }

  /** Acknowledges a batch: the reader has asked for the next. */
  settle(batch: readonly Frame[]): void {
    const sources = new Set<Source>();
    for (const frame of batch) {
      if (!(frame instanceof PulledFrame)) continue;
      const { source, index } = frame;
      if (frame.isRefused) source.refused.push(index);
      source.handled = index + 1;
      source.pending--;
      sources.add(source);
    }
    for (const source of sources) this.#acknowledge(source);
  }

  #acknowledge(source: Source): void {
    const { connection, refused } = source;
    if (source.pending === 0) source.handled = source.received;
    if (connection.session === undefined) source.refused = [];
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
    connection.queueCommand(COMMAND.ack, commandData([handled, ...refused]));
    connection.pump();
  }

  /** Closes all connections for further messages; what was sent before still comes. */
  cut(): void {
    for (const { connection } of this.#sources) connection.stream.shutdown("incoming");
  }

  /** Closes all connections at once. */
  close(): void {
    clearInterval(this.#timer);
    for (const { connection } of this.#sources) connection.close("the service has ended");
  }
}
