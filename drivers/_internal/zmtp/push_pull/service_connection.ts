import type { DriverError } from "../../../contract/errors.ts";
import type { ServiceAnnouncement } from "../../../contract/peer_state.ts";
import { inNextTurn } from "../../../contract/next_turn.ts";
import type { Settings } from "../../../contract/option.ts";
import { after } from "../../../contract/timer.ts";
import { listenerFault } from "../../local_socket/listener_trust.ts";
import { ENDED } from "../../sockets/byte_stream.ts";
import { Connection } from "../connection.ts";
import type { ConnectionOwner, ReadBuffer } from "../connection_types.ts";
import { Connector } from "../../sockets/connector.ts";
import { EventLoop } from "../../sockets/event_loop.ts";
import type { KernelStream } from "../../sockets/kernel_stream.ts";
import { connectionOptions } from "../options.ts";
import type { Peer } from "../peer.ts";
import type { PushQueue } from "./push_queue.ts";
import { COMMAND, commandNumber } from "../session.ts";

const READ_BYTES = 128 * 1024;
/** A service sends only commands. */
const MAX_FRAME_BYTES = 4_096;
const TICK_MS = 1_000;
/** Time to read acknowledgements after a service has closed its end for events, in milliseconds. */
const LINGER_MS = 15_000;
const NUMBER_BYTES = 8;
const MAX_LAST_READS = 4;

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
  /** What the current or last service announced. */
  announcement: ServiceAnnouncement | undefined;
  /** Why the process that listens at the path is not trusted. */
  fault: DriverError | undefined;
  /** Whether the last attempt to connect found a process that listens, even if it does not answer. */
  isListening = false;
  readonly #options: ServiceConnectionOptions;
  readonly #loop = EventLoop.acquire();
  readonly #connector: Connector;
  #stopTicking: () => void = () => {};
  readonly #buffer: ReadBuffer = { bytes: new Uint8Array(READ_BYTES), at: 0 };
  #connection: Connection | undefined;
  /** The turn of the event loop in which a frame was last written at once. */
  #flushTurn = -1;
  #isFlushDue = false;

  /** @throws {DriverError} */
  constructor(options: ServiceConnectionOptions) {
    this.#options = options;
    this.#connector = new Connector(this.#loop, { kind: "ipc", path: options.path }, {
      onStream: (stream) => this.#onStream(stream),
      onFailure: () => this.isListening = false,
    });
    this.#tickLater();
  }

  #tickLater(): void {
    this.#stopTicking = after(TICK_MS, () => {
      this.#tickLater();
      this.#connection?.tick(performance.now());
    });
  }

  /** Whether the handshake is done. */
  get isOpen(): boolean {
    return this.#connection?.isOpen === true;
  }

  /** Whether a service that does not acknowledge has not yet read everything that was written. */
  get hasUnread(): boolean {
    return this.isOpen && this.#options.queue.isAcknowledged === false &&
      (this.#connection?.stream.unsent() ?? 0) > 0;
  }

  /**
   * Whether the peer has ended, even if the event loop has not noticed. Discards the data that it
   * reads: call it only for a connection that is about to be closed.
   */
  get hasGone(): boolean {
    const stream = this.#connection?.stream;
    for (let reads = 0; reads < MAX_LAST_READS; reads++) {
      const count = stream?.receive(this.#buffer.bytes) ?? ENDED;
      if (count <= 0) return count === ENDED;
    }
    return false;
  }

  /**
   * Writes the first frame of a turn at once, and the frames after it together in the next turn.
   */
  flushSoon(): void {
    if (this.#isFlushDue) return;
    // A single event does not use `inNextTurn`, whose first call loads a module.
    if (this.#flushTurn !== this.#loop.turn) {
      this.#flushTurn = this.#loop.turn;
      return queueMicrotask(() => this.flush());
    }
    this.#isFlushDue = true;
    inNextTurn(() => {
      this.#isFlushDue = false;
      this.flush();
    });
  }

  /** Writes queued frames until the connection has no room. */
  flush(): void {
    this.#connection?.pump();
  }

  #onStream(stream: KernelStream): void {
    const { path, queue, onFault } = this.#options;
    this.isListening = true;
    this.fault = listenerFault(`ipc://${path}`, this.#loop.kernel.peerUid(stream.fd));
    if (this.fault !== undefined) {
      this.#loop.kernel.close(stream.fd);
      onFault(this.fault);
      return this.#connector.retry();
    }
    this.#connection = new Connection(stream, this, {
      ...connectionOptions(this.#options.settings, "PUSH"),
      ...{ source: queue, lingerMs: LINGER_MS, maxFrameBytes: MAX_FRAME_BYTES },
    });
    this.#connection.start();
  }

  readBuffer(): ReadBuffer {
    // Commands are handled as they arrive, so nothing in the buffer has to be kept.
    this.#buffer.at = 0;
    return this.#buffer;
  }

  onOpen({ session }: Peer): void {
    this.#options.queue.isAcknowledged = session !== undefined;
    this.announcement = session?.announcement;
    this.#connector.noteSuccess();
    this.#options.onOpen();
  }

  onCommand(name: string, data: Uint8Array): void {
    if (name !== COMMAND.ack) return;
    const [handled, ...refused] = Array.from(
      { length: data.length / NUMBER_BYTES },
      (_, index) => commandNumber(data, index) ?? NaN,
    );
    if (handled === undefined || !this.#options.queue.acknowledge(handled, refused)) {
      return this.#connection?.refuse("it acknowledged what was not sent");
    }
    this.flush();
  }

  onClosed(reason: string): void {
    const wasOpen = this.#connection?.peer !== undefined;
    this.#connection = undefined;
    this.#options.queue.endConnection();
    if (wasOpen) this.#options.onLost(reason);
    this.#connector.retry();
  }

  /** Closes the connection at once and does not reconnect. */
  async close(): Promise<void> {
    this.#stopTicking();
    this.#connector.close();
    this.#connection?.close("this end has closed it");
    await this.#loop.release();
  }
}
