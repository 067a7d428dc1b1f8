import type { CloseReport, DriverContext } from "../../contract/pubsub.ts";
import { pubSubMaxEventBytes } from "../../contract/options.ts";
import { EagerWait } from "./eager_wait.ts";
import { ZmqContext, type ZmqSocket } from "./libzmq.ts";
import { EVENT_IN, OPTION, SOCKET_TYPE } from "./zmq_h.ts";
import { type Libzmq, loadLibzmq } from "./libzmq_library.ts";
import type { Poller } from "./poller.ts";
import { answerTimeoutMs, probeByHeartbeats, probeByTcp } from "./liveness_probes.ts";
import { type ConnectionEvent, ZmqMonitor } from "./monitor.ts";
import { boundReceiving } from "./receive_bound.ts";
import { acquirePoller, releasePoller } from "./shared_poller.ts";
import { highWaterMark, zmqLibrary } from "./options.ts";

/** What a driver wants to hear of one of its sockets. */
export interface SocketHandlers {
  /** Messages may be waiting, or room to send; the caller reads until nothing is left. */
  readonly onReady: () => void;
  readonly onConnection: (event: ConnectionEvent) => void;
}

interface OpenSocket {
  readonly onEvents: () => void;
  readonly monitor: ZmqMonitor;
  readonly fds: readonly number[];
}

// A frame up to this many times the limit is counted and dropped by us, with its connection left
// alone; libzmq cuts off a peer that sends a larger one.
const OVERSIZE_FACTOR = 4;
/**
 * So many peers may connect at one moment, as all nodes do when a controller is back. With libzmq's
 * 100 the kernel drops the others' first octets, and they try again later and later. The kernel's own
 * bound, net.core.somaxconn, holds as well.
 */
const BACKLOG = 4_096;
const BACKOFF_START_MS = 100;
const BACKOFF_MOST_MS = 500;
/** Without it the kernel decides when to try again, up to a minute after an outage is over. */
const CONNECT_TIMEOUT_MS = 2_000;

/** The sockets of one publisher or subscriber, watched, and closed together. */
export class ZmqEngine {
  readonly library: Libzmq;
  readonly #driver: DriverContext;
  readonly #context: ZmqContext;
  readonly #poller: Poller;
  readonly #sockets = new Map<ZmqSocket, OpenSocket>();
  #closing: Promise<CloseReport> | undefined;

  /** @throws {DriverError} `LIBRARY_UNUSABLE` */
  constructor(driver: DriverContext) {
    this.#driver = driver;
    this.library = loadLibzmq(driver.settings.get(zmqLibrary));
    this.#poller = acquirePoller(this.library.symbols);
    this.#context = this.#newContext();
  }

  // Nobody closes an engine that was never made.
  #newContext(): ZmqContext {
    try {
      return new ZmqContext(this.library);
    } catch (error) {
      void releasePoller(this.library.symbols);
      throw error;
    }
  }

  /** A socket with the queue bounds, backoff and heartbeats of the configuration. */
  socket(type: number, address: string, handlers: SocketHandlers): ZmqSocket {
    const { socket, monitor } = this.#open(type, address);
    const fds = [socket.getInt(OPTION.fd), monitor.fd] as const;
    const onEvents = () => {
      for (const event of monitor.read()) handlers.onConnection(event);
    };
    this.#sockets.set(socket, { onEvents, monitor, fds });
    this.#poller.watch(fds[0], () => {
      socket.events();
      handlers.onReady();
    });
    this.#poller.watch(fds[1], onEvents);
    // libzmq announces a message only to a reader that has found nothing before.
    onEvents();
    return socket;
  }

  // A socket that is left behind keeps the context from ending, and with it whoever waits for that.
  #open(
    type: number,
    address: string,
  ): { readonly socket: ZmqSocket; readonly monitor: ZmqMonitor } {
    const socket = this.#context.socket(type);
    try {
      this.#configure(socket, type, address);
      return { socket, monitor: new ZmqMonitor(this.#context, socket) };
    } catch (error) {
      socket.close(0);
      throw error;
    }
  }

  #configure(socket: ZmqSocket, type: number, address: string): void {
    const { settings } = this.#driver;
    socket.setInt(OPTION.backlog, BACKLOG);
    socket.setInt(OPTION.sendHighWaterMark, settings.get(highWaterMark));
    boundReceiving(socket, address, settings.get(highWaterMark));
    socket.setInt(OPTION.reconnectIntervalMs, BACKOFF_START_MS);
    socket.setInt(OPTION.reconnectIntervalMaxMs, BACKOFF_MOST_MS);
    socket.setInt64(OPTION.maxMessageBytes, OVERSIZE_FACTOR * settings.get(pubSubMaxEventBytes));
    socket.setInt(OPTION.ipv6, address.includes("[") ? 1 : 0);
    socket.setInt(OPTION.connectTimeoutMs, CONNECT_TIMEOUT_MS);
    if (address.startsWith("ipc:")) return;
    if (type === SOCKET_TYPE.xpub) probeByTcp(socket, settings);
    else probeByHeartbeats(socket, settings);
  }

  /**
   * Connects again, without heartbeats, when the connection may have ended because the peer answers
   * none: it was quiet for long enough. False when it was not, and while messages are unread, as
   * libzmq ends the process when it is disconnected in the middle of one.
   *
   * @param lastedMs how long the connection had stood
   */
  reconnectWithoutHeartbeats(socket: ZmqSocket, address: string, lastedMs: number): boolean {
    const { settings } = this.#driver;
    if (address.startsWith("ipc:") || lastedMs < answerTimeoutMs(settings)) return false;
    if ((socket.events() & EVENT_IN) !== 0) return false;
    probeByTcp(socket, settings);
    socket.disconnect(address);
    socket.connect(address);
    return true;
  }

  /** Another way to wait for what is to be read from a socket, besides its `onReady`. */
  eagerWait(socket: ZmqSocket): EagerWait {
    return new EagerWait(this.#poller, socket.getInt(OPTION.fd));
  }

  /** Tells, before it returns, of everything that has happened to the socket's connections. */
  tellConnections(socket: ZmqSocket): void {
    this.#sockets.get(socket)?.onEvents();
  }

  /** Closes one socket; what it has queued is sent within `lingerMs`. */
  async closeSocket(socket: ZmqSocket, lingerMs = 0): Promise<void> {
    const open = this.#sockets.get(socket);
    if (open === undefined) return;
    this.#sockets.delete(socket);
    await this.#poller.unwatch(open.fds);
    open.monitor.close();
    socket.close(lingerMs);
  }

  /**
   * Closes everything and waits until what was queued is sent, or `lingerMs` are over. With none
   * to wait, whether anything was left is not known, so never said to be flushed. Closing twice is
   * closing once.
   */
  close(lingerMs: number): Promise<CloseReport> {
    return this.#closing ??= this.#close(lingerMs);
  }

  async #close(lingerMs: number): Promise<CloseReport> {
    const sockets = [...this.#sockets.keys()];
    await Promise.all(sockets.map((socket) => this.closeSocket(socket, lingerMs)));
    await releasePoller(this.library.symbols);
    const start = performance.now();
    await this.#context.terminate();
    return { flushed: performance.now() - start < lingerMs };
  }
}
