import { DriverError } from "../../../contract/errors.ts";
import type {
  DriverContext,
  Frame,
  FrameSubscriber,
  ServiceAnnouncement,
  StopReport,
} from "../../../contract/pubsub.ts";
import type { WaitOptions } from "../../../contract/waiting.ts";
import { PeerCounter } from "../../peer_counter.ts";
import type { SocketAccess } from "../../local_socket/socket_access.ts";
import { SocketPath } from "../../local_socket/socket_path.ts";
import { SocketWatch } from "../../local_socket/socket_watch.ts";
import { addressError } from "../../sockets/address_error.ts";
import { unixAddress } from "../../sockets/endpoint.ts";
import { EventLoop } from "../../sockets/event_loop.ts";
import type { KernelStream } from "../../sockets/kernel_stream.ts";
import type { ConnectionOptions } from "../connection_types.ts";
import { FrameInbox } from "../frame_inbox.ts";
import { Listener } from "../../sockets/listener.ts";
import { LocalPublisher, PulledFrame } from "./local_publisher.ts";
import { connectionOptions } from "../options.ts";
import { Fold } from "../refusals.ts";

const TICK_MS = 1_000;

/**
 * The receiving end of the publisher service: receives events from local publishers on all topics.
 */
export class PullSubscriber extends FrameInbox implements FrameSubscriber {
  readonly #context: DriverContext;
  readonly #path: SocketPath;
  readonly #connection: ConnectionOptions;
  readonly #publishers = new Set<LocalPublisher>();
  readonly #opened = new PeerCounter((event) => this.health.publish(event));
  readonly #refusals: Fold;
  readonly #watch: SocketWatch;
  #listener: Listener | undefined;
  readonly #ticker: ReturnType<typeof setInterval>;
  #isStopping = false;

  /** @throws {DriverError} `ADDRESS_IN_USE`, `ADDRESS_INVALID`, `LIBRARY_UNUSABLE` */
  static async open(
    context: DriverContext,
    path: string,
    access: SocketAccess,
    announcement?: ServiceAnnouncement,
  ): Promise<PullSubscriber> {
    const claimed = await SocketPath.claim(path, access);
    let loop: EventLoop | undefined;
    try {
      loop = EventLoop.acquire();
      return new PullSubscriber(context, { path: claimed, loop, access, announcement });
    } catch (error) {
      await loop?.release();
      claimed.release();
      throw addressError("listen at", `ipc://${path}`, error);
    }
  }

  private constructor(
    context: DriverContext,
    { path, loop, access, announcement }: {
      readonly path: SocketPath;
      readonly loop: EventLoop;
      readonly access: SocketAccess;
      readonly announcement: ServiceAnnouncement | undefined;
    },
  ) {
    super(context, loop);
    const { settings, log } = context;
    this.#context = context;
    this.#path = path;
    // Reads everything that a publisher sent, even if it takes no acknowledgements.
    const options = connectionOptions(settings, "PULL", { announcement });
    this.#connection = { ...options, topics: this.topics, lingerMs: Infinity };
    this.#refusals = new Fold(log, 1);
    try {
      path.bindWith(() => this.#listen(), access);
    } catch (error) {
      this.#listener?.close();
      throw error;
    }
    this.#watch = new SocketWatch({
      ...{ path, address: this.boundAddress, log, bindAgain: () => this.#listen() },
      onHealth: (event) => this.health.publish(event),
    });
    this.#ticker = setInterval(() => this.#tick(performance.now()), TICK_MS);
  }

  #tick(now: number): void {
    for (const { connection } of this.#publishers) connection.tick(now);
    this.#refusals.tick(now);
  }

  /** Opens the listener. Replaces an existing listener whose socket file is missing. */
  #listen(): void {
    this.#listener?.close();
    this.#listener = undefined;
    try {
      this.#listener = new Listener(this.loop, unixAddress(this.#path.path), {
        name: this.boundAddress,
        log: this.#context.log,
        onStream: (stream) => this.#add(stream),
      });
    } catch (error) {
      throw addressError("listen at", this.boundAddress, error);
    }
  }

  #add(stream: KernelStream): void {
    const uid = this.loop.kernel.peerUid(stream.fd);
    const publisher: LocalPublisher = new LocalPublisher(stream, {
      inbox: this,
      connection: this.#connection,
      onOpen: () => this.#onOpen(publisher, uid),
      onClosed: (reason) => this.#onClosed(publisher, uid, reason),
    });
    this.#publishers.add(publisher);
    publisher.connection.start();
  }

  #onOpen({ connection }: LocalPublisher, uid: number | undefined): void {
    const address = this.boundAddress;
    this.#opened.joined(address);
    const processId = connection.session?.processId;
    this.#context.log.debug("A local publisher connected", { address, uid, processId });
  }

  #onClosed(publisher: LocalPublisher, uid: number | undefined, reason: string): void {
    const address = this.boundAddress;
    const { peer, refusedAs } = publisher.connection;
    this.#publishers.delete(publisher);
    if (peer !== undefined) this.#opened.left(address);
    if (refusedAs === undefined) {
      this.#context.log.debug("A local publisher disconnected", { address, uid, reason });
    } else {
      const of = `a publisher of account ${uid} at "${address}"`;
      this.#refusals.warn(`Closed the connection of ${of}: ${reason}`);
    }
  }

  get boundAddress(): string {
    return `ipc://${this.#path.path}`;
  }

  registerListenAddress(address: string): void {
    const why = "publishers of this driver come to the subscriber";
    throw new DriverError("ADDRESS_INVALID", `Cannot subscribe to "${address}": ${why}`);
  }

  unregisterListenAddress(_address: string): void {}

  /** Only checks the topic: this subscriber receives events on every topic. */
  registerTopic(topic: string): void {
    this.refuseWhenClosed();
    this.checks.topic(topic);
  }

  unregisterTopic(_topic: string): void {}

  ready(_options?: WaitOptions): Promise<void> {
    return Promise.resolve().then(() => this.refuseWhenClosed());
  }

  protected get hasMore(): boolean {
    return this.#publishers.size > 0;
  }

  /** Acknowledges the batch. */
  protected override onTaken(batch: readonly Frame[]): void {
    const publishers = new Set<LocalPublisher>();
    for (const frame of batch) {
      if (!(frame instanceof PulledFrame)) continue;
      frame.publisher.settle(frame);
      publishers.add(frame.publisher);
    }
    for (const publisher of publishers) publisher.acknowledge();
  }

  refuse(frame: Frame): void {
    if (frame instanceof PulledFrame) frame.isRefused = true;
  }

  /** Stops receiving on every connection. The reader still gets everything that was sent before. */
  override async stop(options?: WaitOptions): Promise<StopReport> {
    if (!this.#isStopping && this.isOpen) {
      this.#isStopping = true;
      await this.#watch.stop();
      if (this.isOpen) {
        this.#path.hide();
        this.#listener?.close();
        for (const { connection } of this.#publishers) connection.stream.shutdown("incoming");
      }
    }
    const { drained } = await super.stop(options);
    return { drained: drained && this.isOpen && !this.hasMore };
  }

  protected async closeAll(): Promise<void> {
    await this.#watch.stop();
    this.#listener?.close();
    clearInterval(this.#ticker);
    for (const { connection } of this.#publishers) connection.close("the service has ended");
    this.#path.release();
  }
}
