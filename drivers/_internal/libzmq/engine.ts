import { DriverError, messageOf } from "../../contract/errors.ts";
import { pubSubMaxEventBytes } from "../../contract/options.ts";
import type { Settings } from "../../contract/option.ts";
import { EventLoop } from "../sockets/event_loop.ts";
import { byPortOwner } from "../sockets/socket_owner.ts";
import { heartbeats, highWaterMark } from "../zmtp/options.ts";
import { loadLibzmq } from "./libzmq_library.ts";
import { ZmqContext, ZmqError, type ZmqSocket } from "./libzmq_socket.ts";
import { type ConnectionEvent, ZmqMonitor } from "./monitor.ts";
import { zmqLibrary } from "./options.ts";
import { OPTION } from "./zmq_h.ts";

/** The handlers of one socket. */
export interface SocketHandlers {
  /** Called when there may be messages, or room to send. */
  readonly onReady: () => void;
  readonly onConnection: (event: ConnectionEvent) => void;
}

interface OpenSocket {
  readonly monitor: ZmqMonitor;
  readonly fds: readonly number[];
  /** Timer of a connection whose handshake libzmq has not reported. */
  shaking?: ReturnType<typeof setTimeout>;
}

/**
 * libzmq ends the connection of a peer whose message exceeds the size limit of an event by this
 * factor.
 */
const OVERSIZE_FACTOR = 4;
/** After a restart all nodes may connect at once. */
const BACKLOG = 4_096;
const BACKOFF_MS = 100;
const MAX_BACKOFF_MS = 500;
const CONNECT_TIMEOUT_MS = 2_000;
/** Time after which libzmq ends a connection without a handshake. */
const HANDSHAKE_TIMEOUT_MS = 3_000;
/**
 * libzmq does not report the handshake of ZMTP 1 and 2: a connection that still exists after this
 * time has completed it.
 */
const OLD_HANDSHAKE_MS = HANDSHAKE_TIMEOUT_MS + 500;
const ERRNO_ADDRESS_IN_USE = 98;

/** The sockets of one publisher or subscriber, which are polled and closed together. */
export class LibzmqEngine {
  /**
   * Creates an end with its own engine, which is closed if that fails.
   *
   * @throws {DriverError} `LIBRARY_UNUSABLE`, and the errors of `make`
   */
  static async for<T>(settings: Settings, make: (engine: LibzmqEngine) => T): Promise<T> {
    const engine = await Promise.resolve().then(() => new LibzmqEngine(settings));
    try {
      return make(engine);
    } catch (error) {
      await engine.close();
      throw error;
    }
  }

  readonly #settings: Settings;
  readonly #loop: EventLoop;
  readonly #context: ZmqContext;
  readonly #sockets = new Map<ZmqSocket, OpenSocket>();
  #closing: Promise<boolean> | undefined;

  /** @throws {DriverError} `LIBRARY_UNUSABLE` */
  constructor(settings: Settings) {
    this.#settings = settings;
    const symbols = loadLibzmq(settings.get(zmqLibrary));
    this.#loop = EventLoop.acquire();
    try {
      this.#context = new ZmqContext(symbols);
    } catch (error) {
      void this.#loop.release();
      throw error;
    }
  }

  /** Opens a socket with the configured limits, backoff and heartbeats. */
  open(type: number, address: string, handlers: SocketHandlers): ZmqSocket {
    const socket = this.#context.socket(type);
    try {
      this.#configure(socket, address);
      this.#watch(socket, handlers);
      return socket;
    } catch (error) {
      socket.close(0);
      throw error;
    }
  }

  #configure(socket: ZmqSocket, address: string): void {
    const maxBytes = OVERSIZE_FACTOR * this.#settings.get(pubSubMaxEventBytes);
    socket.set(OPTION.maxMessageBytes, new BigInt64Array([BigInt(maxBytes)]));
    socket.set(OPTION.backlog, BACKLOG);
    socket.set(OPTION.sendHighWaterMark, this.#settings.get(highWaterMark));
    socket.set(OPTION.receiveHighWaterMark, this.#settings.get(highWaterMark));
    socket.set(OPTION.reconnectIntervalMs, BACKOFF_MS);
    socket.set(OPTION.reconnectIntervalMaxMs, MAX_BACKOFF_MS);
    socket.set(OPTION.connectTimeoutMs, CONNECT_TIMEOUT_MS);
    socket.set(OPTION.handshakeTimeoutMs, HANDSHAKE_TIMEOUT_MS);
    if (address.startsWith("ipc:")) return;
    socket.set(OPTION.ipv6, address.includes("[") ? 1 : 0);
    const { heartbeatIntervalMs, heartbeatTimeoutMs } = heartbeats(this.#settings);
    socket.set(OPTION.heartbeatIntervalMs, heartbeatIntervalMs);
    socket.set(OPTION.heartbeatTimeoutMs, heartbeatTimeoutMs);
  }

  #watch(socket: ZmqSocket, { onReady, onConnection }: SocketHandlers): void {
    const monitor = new ZmqMonitor(this.#context, socket);
    const fds = [socket.getInt(OPTION.fd), monitor.fd] as const;
    const open: OpenSocket = { monitor, fds };
    const reportEvents = () => {
      for (const event of monitor.read()) {
        clearTimeout(open.shaking);
        const noteReady = () => onConnection({ ...event, kind: "ready" });
        if (event.kind === "connected") open.shaking = setTimeout(noteReady, OLD_HANDSHAKE_MS);
        onConnection(event);
      }
    };
    this.#sockets.set(socket, open);
    const onReadable = () => {
      socket.hasMessage();
      onReady();
    };
    this.#loop.add(fds[0], { onReadable });
    this.#loop.add(fds[1], { onReadable: reportEvents });
    // libzmq reports a message only to a reader that has found none before.
    reportEvents();
  }

  /** The account at the other end of a unix connection; undefined if unknown. */
  peerUid(fd: number): number | undefined {
    return this.#loop.kernel.peerUid(fd);
  }

  /** Closes one socket; queued messages are sent within `lingerMs`. */
  closeSocket(socket: ZmqSocket, lingerMs = 0): void {
    const open = this.#sockets.get(socket);
    if (open === undefined) return;
    this.#sockets.delete(socket);
    clearTimeout(open.shaking);
    for (const fd of open.fds) this.#loop.remove(fd);
    open.monitor.close();
    socket.close(lingerMs);
  }

  /** Closes everything. Returns true if all queued messages were sent within `lingerMs`. */
  close(lingerMs = 0): Promise<boolean> {
    return this.#closing ??= this.#close(lingerMs);
  }

  async #close(lingerMs: number): Promise<boolean> {
    for (const socket of [...this.#sockets.keys()]) this.closeSocket(socket, lingerMs);
    await this.#loop.release();
    const start = performance.now();
    await this.#context.terminate();
    return performance.now() - start < lingerMs;
  }
}

/** The contract's error for a failure to bind or connect. */
export function addressError(action: string, address: string, cause: unknown): DriverError {
  const isTaken = cause instanceof ZmqError && cause.errno === ERRNO_ADDRESS_IN_USE;
  const owner = isTaken ? byPortOwner(Number(/^tcp:.*:(\d+)$/.exec(address)?.[1] ?? 0)) : "";
  const code = isTaken ? "ADDRESS_IN_USE" : "ADDRESS_INVALID";
  const message = `Cannot ${action} "${address}": ${messageOf(cause)}${owner}`;
  return new DriverError(code, message, { cause });
}
