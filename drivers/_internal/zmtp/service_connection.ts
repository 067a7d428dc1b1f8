import type { DriverError } from "../../contract/errors.ts";
import type { ServiceAnnouncement } from "../../contract/peer_state.ts";
import type { Settings } from "../../contract/option.ts";
import { listenerFault } from "../local_socket/listener_trust.ts";
import { ENDED } from "./byte_stream.ts";
import { Connection } from "./connection.ts";
import type { ConnectionOwner, Peer, ReadBuffer } from "./connection_types.ts";
import { Connector } from "./connector.ts";
import { EventLoop } from "./event_loop.ts";
import type { KernelStream } from "./kernel_stream.ts";
import { localConnection } from "./local_connection.ts";
import type { PushQueue } from "./push_queue.ts";
import { COMMAND, commandNumber } from "./session.ts";

const READ_BYTES = 128 * 1024;
/** A service sends only commands. */
const MAX_FRAME_BYTES = 4_096;
const TICK_MS = 1_000;
/** Time to read acknowledgements from a service that has closed its end for events. */
const LINGER_MS = 15_000;
const NUMBER_BYTES = 8;
const MAX_LAST_READS = 4;

/** How a {@linkcode ServiceConnection} is made. */
export interface ServiceConnectionOptions {
  readonly path: string;
  readonly settings: Settings;
  readonly queue: PushQueue;
  readonly onOpen: () => void;
  /** Called when a connection that was open has ended. */
  readonly onLost: (reason: string) => void;
  /** Called when the process that listens at the path is not trusted. */
  readonly onFault: (fault: DriverError) => void;
}

/** The connection to the publisher service. It connects and reconnects in the background. */
export class ServiceConnection implements ConnectionOwner {
  /** Whether the service of the present or last connection acknowledges. */
  isAcknowledged: boolean | undefined;
  /** What the service of the present or last connection says of itself. */
  announcement: ServiceAnnouncement | undefined;
  /** Why the process that listens at the path is not trusted. */
  fault: DriverError | undefined;
  readonly #options: ServiceConnectionOptions;
  readonly #loop = EventLoop.acquire();
  readonly #connector: Connector;
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #buffer: ReadBuffer = { bytes: new Uint8Array(READ_BYTES), at: 0 };
  #connection: Connection | undefined;

  /** @throws {DriverError} */
  constructor(options: ServiceConnectionOptions) {
    this.#options = options;
    this.#connector = new Connector(this.#loop, { kind: "ipc", path: options.path }, {
      onStream: (stream) => this.#onStream(stream),
      onFailure: () => {},
    });
    this.#timer = setInterval(() => this.#connection?.tick(performance.now()), TICK_MS);
  }

  /** Whether there is a connection, even to a process that does not answer. */
  get isConnected(): boolean {
    return this.#connection !== undefined;
  }

  /** Whether the handshake is done. */
  get isOpen(): boolean {
    return this.#connection?.isOpen === true;
  }

  /** Whether a service that does not acknowledge has not yet read all that was written. */
  get hasUnread(): boolean {
    return this.isOpen && this.isAcknowledged === false &&
      (this.#connection?.stream.unsent() ?? 0) > 0;
  }

  /**
   * Whether the other end has gone, also when the event loop has not noticed. What it says is thrown
   * away: only for a connection that is about to be closed.
   */
  get hasGone(): boolean {
    const stream = this.#connection?.stream;
    for (let reads = 0; reads < MAX_LAST_READS; reads++) {
      const count = stream?.receive(this.#buffer.bytes) ?? ENDED;
      if (count <= 0) return count === ENDED;
    }
    return false;
  }

  /** Writes what is queued, as far as there is room. */
  flush(): void {
    this.#connection?.pump();
  }

  #onStream(stream: KernelStream): void {
    const { path, queue, onFault } = this.#options;
    this.fault = listenerFault(`ipc://${path}`, this.#loop.kernel.peerUid(stream.fd));
    if (this.fault !== undefined) {
      this.#loop.kernel.close(stream.fd);
      onFault(this.fault);
      return this.#connector.retry();
    }
    this.#connection = new Connection(stream, this, {
      ...localConnection("PUSH", this.#options.settings, MAX_FRAME_BYTES),
      ...{ source: queue, lingerMs: LINGER_MS },
    });
  }

  readBuffer(): ReadBuffer {
    // Commands are handled as they come: nothing in it is kept.
    this.#buffer.at = 0;
    return this.#buffer;
  }

  onOpen(_connection: Connection, peer: Peer): void {
    this.isAcknowledged = this.#options.queue.isAcknowledged = peer.session !== undefined;
    this.announcement = peer.session?.announcement;
    this.#connector.noteSuccess();
    this.#options.onOpen();
  }

  onCommand(connection: Connection, name: string, data: Uint8Array): void {
    if (name !== COMMAND.ack) return;
    const [handled, ...refused] = Array.from(
      { length: data.length / NUMBER_BYTES },
      (_, index) => commandNumber(data, index) ?? NaN,
    );
    if (handled === undefined || !this.#options.queue.acknowledge(handled, refused)) {
      return connection.refuse("it acknowledged what was not sent");
    }
    connection.pump();
  }

  onMessage(): void {}

  onSingle(): void {}

  onDrop(): void {}

  onClosed(connection: Connection, reason: string): void {
    this.#connection = undefined;
    this.#options.queue.endConnection();
    if (connection.peer !== undefined) this.#options.onLost(reason);
    this.#connector.retry();
  }

  /** Closes the connection at once and makes no other. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#connector.close();
    this.#connection?.close("this end has closed it");
    await this.#loop.release();
  }
}
