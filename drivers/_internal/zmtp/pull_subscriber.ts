import { DriverError } from "../../contract/errors.ts";
import type {
  DriverContext,
  Frame,
  FrameSubscriber,
  ServiceAnnouncement,
  StopReport,
} from "../../contract/pubsub.ts";
import type { WaitOptions } from "../../contract/waiting.ts";
import { type SocketAccess, SocketPath } from "../local_socket/socket_path.ts";
import { SocketWatch } from "../local_socket/socket_watch.ts";
import { addressError } from "../sockets/address_error.ts";
import { unixAddress } from "../sockets/endpoint.ts";
import { EventLoop } from "../sockets/event_loop.ts";
import { FrameInbox } from "./frame_inbox.ts";
import { Listener } from "../sockets/listener.ts";
import { LocalPublishers } from "./local_publishers.ts";
import { connectionOptions } from "./options.ts";

/** The receiving end of the publisher service: it gets the events of local publishers, on every topic. */
export class PullSubscriber extends FrameInbox implements FrameSubscriber {
  readonly #context: DriverContext;
  readonly #path: SocketPath;
  readonly #publishers: LocalPublishers;
  readonly #watch: SocketWatch;
  #listener: Listener | undefined;
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
    try {
      path.bindWith(() => this.#listen(), access);
    } catch (error) {
      this.#listener?.close();
      throw error;
    }
    const address = this.boundAddress;
    this.#publishers = new LocalPublishers({
      ...{ kernel: loop.kernel, inbox: this, address, log },
      // What a publisher had sent is read even when it takes no acknowledgements.
      connection: {
        ...connectionOptions(settings, "PULL", { announcement }),
        lingerMs: Infinity,
      },
    });
    this.#watch = new SocketWatch({
      ...{ path, address, log, bindAgain: () => this.#listen() },
      onHealth: (event) => this.health.publish(event),
    });
  }

  /** Listens; in place of the listener whose file is gone, if there was one. */
  #listen(): void {
    this.#listener?.close();
    this.#listener = undefined;
    try {
      this.#listener = new Listener(this.loop, unixAddress(this.#path.path), {
        name: this.boundAddress,
        log: this.#context.log,
        onStream: (stream) => this.#publishers.add(stream),
      });
    } catch (error) {
      throw addressError("listen at", this.boundAddress, error);
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

  /** Only checks the topic: the one subscriber gets what is sent on any. */
  registerTopic(topic: string): void {
    this.refuseWhenClosed();
    this.checks.topic(topic);
  }

  unregisterTopic(_topic: string): void {}

  ready(_options?: WaitOptions): Promise<void> {
    return Promise.resolve().then(() => this.refuseWhenClosed());
  }

  protected get hasMore(): boolean {
    return this.#publishers.count > 0;
  }

  protected override onTaken(batch: readonly Frame[]): void {
    this.#publishers.settle(batch);
  }

  refuse(frame: Frame): void {
    this.#publishers.refuse(frame);
  }

  /** Closes every connection for further messages; the reader gets all that was sent before. */
  override async stop(options?: WaitOptions): Promise<StopReport> {
    if (!this.#isStopping && this.isOpen) {
      this.#isStopping = true;
      await this.#watch.stop();
      if (this.isOpen) {
        this.#path.hide();
        this.#listener?.close();
        this.#publishers.cut();
      }
    }
    const { drained } = await super.stop(options);
    return { drained: drained && this.isOpen && !this.hasMore };
  }

  protected async closeAll(): Promise<void> {
    await this.#watch.stop();
    this.#listener?.close();
    this.#publishers.close();
    this.#path.release();
  }
}
