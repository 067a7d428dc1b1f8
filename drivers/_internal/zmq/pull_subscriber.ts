import { DriverError } from "../../contract/errors.ts";
import type { Logger } from "../../contract/logger.ts";
import type { HealthEvent } from "../../contract/health.ts";
import { pubSubMaxEventBytes } from "../../contract/options.ts";
import type {
  DriverContext,
  Frame,
  FrameSubscriber,
  StopReport,
  SubscriberCounters,
} from "../../contract/pubsub.ts";
import type { WaitOptions } from "../../contract/waiting.ts";
import { BatchReader } from "./batch_reader.ts";
import { FrameChecks } from "../frame_checks.ts";
import { addressError } from "./address_error.ts";
import type { ZmqSocket } from "./libzmq.ts";
import { OPTION, SOCKET_TYPE } from "./zmq_h.ts";
import { type SocketAccess, SocketPath } from "../local_socket/socket_path.ts";
import { peerUid } from "../local_socket/system_calls.ts";
import { SocketWatch } from "../local_socket/socket_watch.ts";
import { KernelSockets } from "./kernel_sockets.ts";
import type { ConnectionEvent } from "./monitor.ts";
import { ZmqEngine } from "./engine.ts";

/** Each but the last is one whose file was removed while publishers were connected to it. */
const MAX_LISTENERS = 16;

/** The PULL socket of the publisher service: whatever local publishers send, on every topic. */
export class PullSubscriber implements FrameSubscriber {
  readonly #engine: ZmqEngine;
  readonly #log: Logger;
  readonly #path: SocketPath;
  readonly #checks: FrameChecks;
  readonly #reader: BatchReader;
  readonly #socket: ZmqSocket;
  readonly #unixSockets: KernelSockets;
  /** Descriptors of the connections that publishers have made and not closed. */
  readonly #connections = new Set<number>();
  readonly #watch: SocketWatch;
  /** How many times the socket is bound, each with a listener of its own. */
  #listeners = 0;
  #stopping = false;
  #listening: "yes" | "ending" | "not" = "yes";
  #disposed: Promise<void> | undefined;

  /** @throws {DriverError} `ADDRESS_IN_USE`, `ADDRESS_INVALID`, `LIBRARY_UNUSABLE` */
  static async open(
    driver: DriverContext,
    path: string,
    access: SocketAccess,
  ): Promise<PullSubscriber> {
    const engine = new ZmqEngine(driver);
    let claimed: SocketPath | undefined;
    try {
      claimed = await SocketPath.claim(path, access);
      return new PullSubscriber(driver, engine, claimed, access);
    } catch (error) {
      await engine.close(0);
      claimed?.release();
      throw error;
    }
  }

  private constructor(
    driver: DriverContext,
    engine: ZmqEngine,
    path: SocketPath,
    access: SocketAccess,
  ) {
    this.#engine = engine;
    this.#log = driver.log;
    this.#path = path;
    this.#unixSockets = new KernelSockets(engine.library.symbols);
    const maxEventBytes = driver.settings.get(pubSubMaxEventBytes);
    this.#checks = new FrameChecks(maxEventBytes);
    this.#reader = new BatchReader(
      maxEventBytes,
      () => sockets,
      { wants: () => true },
    );
    this.#socket = engine.socket(SOCKET_TYPE.pull, this.boundAddress, {
      onReady: () => this.#reader.changed.notify(),
      onConnection: (event) => this.#onConnection(event),
    });
    const sockets = [this.#socket];
    this.#reader.useEagerWait(engine.eagerWait(this.#socket));
    // Otherwise libzmq throws away what a publisher had sent when that publisher leaves.
    this.#socket.setInt(OPTION.linger, -1);
    this.#path.bindWith(() => this.#bind(), access);
    this.#watch = new SocketWatch({
      path,
      bindAgain: () => this.#bindAgain(),
      address: this.boundAddress,
      onHealth: (event) => this.#reader.health.publish(event),
      log: driver.log,
    });
  }

  #bind(): void {
    try {
      this.#socket.bind(this.boundAddress);
      this.#listeners++;
    } catch (error) {
      throw addressError("listen at", this.boundAddress, error);
    }
  }

  // The connections that there are outlive the file, but not their listener: with them it stays.
  #bindAgain(): void {
    this.#engine.tellConnections(this.#socket);
    if (this.#connections.size === 0) this.#socket.unbind(this.boundAddress);
    else if (this.#listeners >= MAX_LISTENERS) {
      throw new Error(`it was removed ${MAX_LISTENERS} times while publishers were connected`);
    }
    this.#bind();
  }

  get boundAddress(): string {
    return `ipc://${this.#path.path}`;
  }

  get health(): AsyncIterable<HealthEvent> {
    return this.#reader.health;
  }

  get counters(): SubscriberCounters {
    return this.#reader.counters;
  }

  registerListenAddress(address: string): void {
    const why = "publishers of this driver come to the subscriber";
    throw new DriverError("ADDRESS_INVALID", `Cannot subscribe to "${address}": ${why}`);
  }

  unregisterListenAddress(_address: string): void {}

  /** Only checks the topic: the one subscriber gets what is sent on any. */
  registerTopic(topic: string): void {
    this.#refuseWhenClosed();
    this.#checks.topic(topic);
  }

  unregisterTopic(_topic: string): void {}

  ready(_options?: WaitOptions): Promise<void> {
    return Promise.resolve().then(() => this.#refuseWhenClosed());
  }

  #refuseWhenClosed(): void {
    if (this.#disposed !== undefined) throw new DriverError("CLOSED", "The subscriber is closed");
  }

  batches(): AsyncIterable<readonly Frame[]> {
    return this.#reader.batches(() => this.#listening !== "not");
  }

  /** Cuts every publisher's connection at a known octet; all before it is handed out. */
  async stop(options: WaitOptions = {}): Promise<StopReport> {
    if (!this.#stopping && this.#disposed === undefined) {
      this.#stopping = true;
      await this.#watch.stop();
      if (this.#disposed === undefined) this.#cutAll();
    }
    return { drained: await this.#reader.stop(options) };
  }

  #cutAll(): void {
    this.#path.hide();
    this.#engine.tellConnections(this.#socket);
    for (const fd of this.#connections) this.#unixSockets.cut(fd, this.#path.path);
    this.#unbindWhenAlone();
  }

  // Whoever had begun to connect before the path was hidden is let in, and cut.
  #onAccepted(fd: number): void {
    this.#connections.add(fd);
    const uid = peerUid(fd);
    this.#log.debug("A local publisher connected", { path: this.#path.path, uid });
    if (this.#stopping) this.#unixSockets.cut(fd, this.#path.path);
  }

  // With its listener libzmq would end the connections too, and lose what they hold. Once they are
  // gone, the end of the listener proves that their last frames are there to be received: libzmq
  // hands those over a moment after it has told of the end of a connection.
  #unbindWhenAlone(): void {
    if (!this.#stopping || this.#connections.size > 0 || this.#listening !== "yes") return;
    this.#listening = "ending";
    this.#socket.unbind(this.boundAddress);
  }

  #onConnection(event: ConnectionEvent): void {
    if (event.kind === "unbound" && --this.#listeners === 0) this.#listening = "not";
    if (event.kind === "accepted") this.#onAccepted(event.fd);
    if (event.kind === "ready") {
      this.#reader.health.publish({ kind: "peer-joined", address: this.boundAddress });
    }
    if (event.kind === "refused") this.#connections.delete(event.fd);
    if (event.kind === "closed" && this.#connections.delete(event.fd)) {
      this.#reader.health.publish({ kind: "peer-left", address: this.boundAddress });
    }
    this.#unbindWhenAlone();
    this.#reader.changed.notify();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#disposed ??= this.#dispose();
    return this.#disposed;
  }

  async #dispose(): Promise<void> {
    this.#reader.close();
    await this.#watch.stop();
    await this.#engine.close(0);
    this.#path.release();
  }
}
