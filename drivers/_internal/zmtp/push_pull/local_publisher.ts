import type { DropReason } from "../../../contract/health.ts";
import type { Frame } from "../../../contract/pubsub.ts";
import type { ByteStream } from "../../sockets/byte_stream.ts";
import { Connection } from "../connection.ts";
import type { ConnectionOptions, ConnectionOwner, ReadBuffer } from "../connection_types.ts";
import type { FrameInbox } from "../frame_inbox.ts";
import { COMMAND, commandData } from "../session.ts";

/** Maximum number of refused frames in one command; further commands name the others. */
const MAX_REFUSED = 500;

/** A frame, and its index among all frames received from its publisher, counted from 0. */
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
  /** Queues the publisher's frames for the reader. */
  readonly inbox: FrameInbox;
  readonly connection: ConnectionOptions;
  readonly onOpen: () => void;
  readonly onClosed: (reason: string) => void;
}

/**
 * A connected local publisher. If it has our session, this class acknowledges its frames: how many
 * are handled, and which of them are refused.
 */
export class LocalPublisher implements ConnectionOwner {
  readonly connection: Connection;
  readonly #options: LocalPublisherOptions;
  /** Number of frames received from it, including dropped ones. */
  #received = 0;
  /** Number of its frames that are queued for the reader or that the reader has not settled. */
  #pending = 0;
  /** How many frames are handled, counted from the first one, and how many are acknowledged. */
  #handled = 0;
  #acknowledged = 0;
  /** Indexes of refused frames that are not acknowledged yet. */
  #refused: number[] = [];
  /** Whether the publisher has closed its end. */
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

  onMessage(topic: string | undefined, payload: Uint8Array<ArrayBuffer>): void {
    if (topic === undefined) return this.onDrop("topic-invalid");
    this.#options.inbox.push(new PulledFrame(topic, payload, this, this.#received++));
    this.#pending++;
  }

  onDrop(reason: DropReason): void {
    this.#options.inbox.drop(reason);
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

  /** Notes that the reader has finished with a frame. */
  settle({ index, isRefused }: PulledFrame): void {
    if (isRefused) this.#refused.push(index);
    this.#handled = index + 1;
    this.#pending--;
  }

  /**
   * Acknowledges all handled frames. Closes the connection if the publisher has closed its end and
   * no frame is pending.
   */
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
