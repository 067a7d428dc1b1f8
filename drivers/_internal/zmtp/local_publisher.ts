import type { DropReason } from "../../contract/health.ts";
import type { Frame } from "../../contract/pubsub.ts";
import type { ByteStream } from "../sockets/byte_stream.ts";
import { Connection } from "./connection.ts";
import type { ConnectionOptions, ConnectionOwner, ReadBuffer } from "./connection_types.ts";
import type { FrameInbox } from "./frame_inbox.ts";
import { COMMAND, commandData } from "./session.ts";

/** One command names at most this number of refused messages; further commands name the others. */
const MAX_REFUSED = 500;

/** A frame, and its index among the messages of its publisher. */
export class PulledFrame implements Frame {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly publisher: LocalPublisher;
  readonly index: number;
  isRefused = false;

  constructor(topic: string, payload: Uint8Array, publisher: LocalPublisher, index: number) {
    this.topic = topic;
    this.payload = payload;
    this.publisher = publisher;
    this.index = index;
  }
}

export interface LocalPublisherOptions {
  /** Where its frames go. */
  readonly inbox: FrameInbox;
  readonly connection: ConnectionOptions;
  readonly onOpen: () => void;
  readonly onClosed: (reason: string) => void;
}

/**
 * A local publisher that is connected. The messages of one with our session are acknowledged: which
 * are handled, and which refused.
 */
export class LocalPublisher implements ConnectionOwner {
  readonly connection: Connection;
  readonly #options: LocalPublisherOptions;
  /** Number of messages that have arrived from it. */
  #received = 0;
  /** Number of its frames that the reader has or is yet to get. */
  #pending = 0;
  /** How many of them are handled, from the first on, and how many were acknowledged. */
  #handled = 0;
  #acknowledged = 0;
  /** Indexes of refused ones that were not acknowledged yet. */
  #refused: number[] = [];
  /** Whether it has closed its end. */
  #hasEnded = false;

  constructor(stream: ByteStream, options: LocalPublisherOptions) {
    this.#options = options;
    this.connection = new Connection(stream, this, options.connection);
  }

  readBuffer(): ReadBuffer | undefined {
    return this.#options.inbox.readBuffer(this.connection);
  }

  onOpen(): void {
    this.#options.onOpen();
  }

  onMessage(bytes: Uint8Array<ArrayBuffer>, payload: Uint8Array<ArrayBuffer>): void {
    const { inbox } = this.#options;
    const topic = inbox.topicOf(bytes);
    if (topic === undefined) return this.#refuse();
    inbox.push(new PulledFrame(topic, payload, this, this.#received++));
    this.#pending++;
  }

  onDrop(reason: DropReason): void {
    this.#options.inbox.drop(reason);
    this.#refuse();
  }

  #refuse(): void {
    this.#refused.push(this.#received++);
    this.acknowledge();
  }

  onEnd(): void {
    this.#hasEnded = true;
    this.acknowledge();
  }

  onClosed(reason: string): void {
    this.#options.onClosed(reason);
    this.#options.inbox.forget(this.connection);
  }

  /** The reader is done with a frame. */
  settle({ index, isRefused }: PulledFrame): void {
    if (isRefused) this.#refused.push(index);
    this.#handled = index + 1;
    this.#pending--;
  }

  /** Acknowledges what is handled. */
  acknowledge(): void {
    const { connection } = this;
    if (this.#pending === 0) this.#handled = this.#received;
    if (connection.session === undefined) this.#refused = [];
    else if (this.#handled > this.#acknowledged) {
      while (this.#refused.length > MAX_REFUSED) {
        this.#send(this.#acknowledged, this.#refused.splice(0, MAX_REFUSED));
      }
      this.#send(this.#handled, this.#refused.splice(0));
      this.#acknowledged = this.#handled;
    }
    if (this.#hasEnded && this.#pending === 0) connection.close(connection.stream.endReason);
  }

  #send(handled: number, refused: readonly number[]): void {
    this.connection.queueCommand(COMMAND.ack, commandData([handled, ...refused]));
    this.connection.pump();
  }
}
