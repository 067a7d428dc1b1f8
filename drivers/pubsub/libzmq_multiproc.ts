import { addressError, LibzmqEngine } from "../_internal/libzmq/engine.ts";
import type { ConnectionEvent } from "../_internal/libzmq/monitor.ts";
import { ReadingEnd } from "../_internal/libzmq/reading_end.ts";
import { SendingEnd } from "../_internal/libzmq/sending_end.ts";
import { OPTION, SOCKET_TYPE } from "../_internal/libzmq/zmq_h.ts";
import { listenerFault } from "../_internal/local_socket/listener_trust.ts";
import {
  checkLocalAccess,
  noService,
  permissionFault,
} from "../_internal/local_socket/local_access.ts";
import { ipcSocket } from "../_internal/local_socket/options.ts";
import { readSocketAccess, type SocketAccess } from "../_internal/local_socket/socket_access.ts";
import { SocketPath } from "../_internal/local_socket/socket_path.ts";
import { SocketWatch } from "../_internal/local_socket/socket_watch.ts";
import { PeerCounter } from "../_internal/peer_counter.ts";
import { DriverError } from "../contract/errors.ts";
import type { Logger } from "../contract/logger.ts";
import type {
  CloseReport,
  DriverContext,
  FramePublisher,
  FrameSubscriber,
  PubSubDriver,
  StopReport,
} from "../contract/pubsub.ts";
import type { WaitOptions } from "../contract/waiting.ts";

/**
 * PUSH/PULL of libzmq over a unix socket, without additions: any number of publishers send frames
 * to the publisher service of the host. Frames are `[topic, payload]`.
 *
 * A full or absent service makes publishers wait, within a timeout. A frame that libzmq has taken
 * is not acknowledged: it is lost if the service stops before it arrives.
 */
export function createLibzmqMultiprocDriver(context: DriverContext): PubSubDriver {
  const { settings } = context;
  const path = () => settings.get(ipcSocket);
  return {
    name: "libzmq_pubsub_multiproc_driver",
    traits: {
      reach: "host",
      listensToAddresses: false,
      fanOut: "one",
      delivery: "waits",
      begins: [],
      liveProof: "local",
      confirms: false,
    },
    openPublisher: () => PushPublisher.open(context, path()),
    checkAccess: () => checkLocalAccess(path()),
    openSubscriber: async () =>
      await PullSubscriber.open(context, path(), readSocketAccess(settings)),
  };
}

const SEND_TIMEOUT_MS = 5_000;
/** A starting service sets the permissions of its socket shortly after creating it. */
const PERMISSION_WAIT_MS = 250;

/** A PUSH socket that sends events to the publisher service of this host. */
class PushPublisher extends SendingEnd implements FramePublisher {
  readonly address: string;
  readonly #path: string;
  #isConnected = false;
  /** Why nothing is sent to the service at the address. */
  #fault: DriverError | undefined;
  #hasSent = false;
  /** Whether a connection was lost, possibly together with frames. */
  #mayHaveLost = false;

  /** @throws {DriverError} `ADDRESS_INVALID` for a socket of an untrusted account */
  static open(context: DriverContext, path: string): Promise<PushPublisher> {
    return LibzmqEngine.for(context.settings, (engine) => {
      const fault = listenerFault(`ipc://${path}`);
      if (fault !== undefined) throw fault;
      return new PushPublisher(engine, context, path);
    });
  }

  private constructor(engine: LibzmqEngine, context: DriverContext, path: string) {
    const address = `ipc://${path}`;
    super(engine, context, { type: SOCKET_TYPE.push, address, action: "connect" });
    this.#path = path;
    this.address = address;
  }

  override trySend(topic: string, payload: Uint8Array): boolean {
    const bytes = this.check(topic, payload);
    if (this.#fault !== undefined) throw this.#fault;
    const isTaken = this.#isConnected && this.socket.sendPair(bytes, payload);
    this.#hasSent ||= isTaken;
    return isTaken;
  }

  async send(topic: string, payload: Uint8Array, options: WaitOptions = {}): Promise<void> {
    const { timeoutMs = SEND_TIMEOUT_MS } = options;
    const isTaken = () => this.trySend(topic, payload);
    const soonMs = Math.min(timeoutMs, PERMISSION_WAIT_MS);
    if (await this.changed.until(isTaken, { ...options, timeoutMs: soonMs })) return;
    const denied = this.#isConnected ? undefined : permissionFault(this.#path);
    if (denied !== undefined) throw denied;
    if (await this.changed.until(isTaken, { ...options, timeoutMs: timeoutMs - soonMs })) return;
    const waited = `waited ${timeoutMs / 1000} s`;
    if (!this.#isConnected) throw noService(this.#path, { detail: `: ${waited}` });
    const message =
      `The publisher service at "${this.address}" has no room for more events: ${waited}`;
    throw new DriverError("SEND_TIMEOUT", message);
  }

  protected onConnection({ kind, fd }: ConnectionEvent): void {
    const { address } = this;
    if (kind === "connected") this.#fault = listenerFault(address, this.engine.peerUid(fd));
    if (kind === "ready" && this.#fault === undefined) {
      this.#isConnected = true;
      this.health.publish({ kind: "connected", address });
    }
    if (kind === "closed" && this.#isConnected) {
      this.#isConnected = false;
      this.#mayHaveLost ||= this.#hasSent;
      const reason = "the publisher service closed the connection";
      this.health.publish({ kind: "disconnected", address, reason });
    }
    this.changed.notify();
  }

  override async close(options?: { readonly timeoutMs?: number }): Promise<CloseReport> {
    const { flushed } = await super.close(options);
    return { flushed: flushed && !this.#mayHaveLost };
  }
}

/** The publisher service's end: receives the frames of local publishers, on every topic. */
class PullSubscriber extends ReadingEnd implements FrameSubscriber {
  readonly boundAddress: string;
  protected readonly readsAhead = false;
  readonly #path: SocketPath;
  readonly #log: Logger;
  #watch: SocketWatch | undefined;
  #disposed: Promise<void> | undefined;

  /** @throws {DriverError} `ADDRESS_IN_USE`, `ADDRESS_INVALID`, `LIBRARY_UNUSABLE` */
  static async open(
    context: DriverContext,
    path: string,
    access: SocketAccess,
  ): Promise<PullSubscriber> {
    const claimed = await SocketPath.claim(path, access);
    let subscriber: PullSubscriber | undefined;
    try {
      subscriber = new PullSubscriber(context, claimed);
      subscriber.#bind(access);
      return subscriber;
    } catch (error) {
      await subscriber?.engine.close();
      claimed.release();
      throw error;
    }
  }

  private constructor(context: DriverContext, path: SocketPath) {
    super(context);
    this.#path = path;
    this.#log = context.log;
    this.boundAddress = `ipc://${path.path}`;
  }

  #bind(access: SocketAccess): void {
    const address = this.boundAddress;
    const peers = new PeerCounter((event) => this.health.publish(event));
    const socket = this.engine.open(SOCKET_TYPE.pull, address, {
      onReady: () => this.noteReadable(),
      onConnection: ({ kind }) => {
        if (kind === "accepted") peers.joined(address);
        if (kind === "closed") peers.left(address);
      },
    });
    // Otherwise libzmq would discard the frames of a publisher when that publisher closes.
    socket.set(OPTION.linger, -1);
    this.sockets.set(socket, undefined);
    try {
      this.#path.bindWith(() => socket.bind(address), access);
    } catch (error) {
      throw error instanceof DriverError ? error : addressError("listen at", address, error);
    }
    this.#watch = new SocketWatch({
      // The first listener stays: libzmq would end the connections of its publishers with it.
      ...{ path: this.#path, address, log: this.#log, bindAgain: () => socket.bind(address) },
      onHealth: (event) => this.health.publish(event),
    });
  }

  protected wants(): boolean {
    return true;
  }

  registerListenAddress(address: string): void {
    const why = "publishers of this driver connect to the subscriber";
    throw new DriverError("ADDRESS_INVALID", `Cannot subscribe to "${address}": ${why}`);
  }

  unregisterListenAddress(_address: string): void {}

  /** Only checks the topic: the only subscriber gets the frames of every topic. */
  registerTopic(topic: string): void {
    this.refuseWhenClosed();
    this.checks.topic(topic);
  }

  unregisterTopic(_topic: string): void {}

  ready(_options?: WaitOptions): Promise<void> {
    return Promise.resolve().then(() => this.refuseWhenClosed());
  }

  /** Connected publishers may continue to send; frames that arrive after the end are lost. */
  override async stop(options?: WaitOptions): Promise<StopReport> {
    await this.#watch?.stop();
    if (this.#disposed === undefined) this.#path.hide();
    return await super.stop(options);
  }

  override [Symbol.asyncDispose](): Promise<void> {
    return this.#disposed ??= this.#dispose();
  }

  async #dispose(): Promise<void> {
    await Promise.all([this.#watch?.stop(), super[Symbol.asyncDispose]()]);
    this.#path.release();
  }
}
