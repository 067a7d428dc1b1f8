import { DriverError } from "../../contract/errors.ts";
import type { HealthEvent } from "../../contract/health.ts";
import { pubSubMaxEventBytes } from "../../contract/options.ts";
import type {
  DriverContext,
  Frame,
  FrameSubscriber,
  ServiceAnnouncement,
  StopReport,
  SubscriberCounters,
} from "../../contract/pubsub.ts";
import type { WaitOptions } from "../../contract/waiting.ts";
import { FrameChecks } from "../frame_checks.ts";
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
export class PullSubscriber implements FrameSubscriber {
  readonly #context: DriverContext;
  readonly #loop: EventLoop;
  readonly #path: SocketPath;
  readonly #checks: FrameChecks;
  readonly #inbox: FrameInbox;
  readonly #publishers: LocalPublishers;
  readonly #watch: SocketWatch;
  #listener: Listener | undefined;
  #isStopping = false;
  #disposed: Promise<void> | undefined;

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
    const { settings, log } = context;
    this.#context = context;
    this.#loop = loop;
    this.#path = path;
    this.#checks = new FrameChecks(settings.get(pubSubMaxEventBytes));
    this.#inbox = new FrameInbox(loop);
    try {
      path.bindWith(() => this.#listen(), access);
    } catch (error) {
      this.#listener?.close();
      throw error;
    }
    const address = this.boundAddress;
    this.#publishers = new LocalPublishers({
      ...{ kernel: loop.kernel, inbox: this.#inbox, address, log },
      // What a publisher had sent is read even when it takes no acknowledgements.
      connection: {
        ...connectionOptions(settings, "PULL", { announcement }),
        lingerMs: Infinity,
      },
    });
    this.#watch = new SocketWatch({
      ...{ path, address, log, bindAgain: () => this.#listen() },
      onHealth: (event) => this.#inbox.health.publish(event),
    });
  }

  /** Listens; in place of the listener whose file is gone, if there was one. */
  #listen(): void {
    this.#listener?.close();
    this.#listener = undefined;
    try {
      this.#listener = new Listener(this.#loop, unixAddress(this.#path.path), {
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

  get health(): AsyncIterable<HealthEvent> {
    return this.#inbox.health;
  }

  get counters(): SubscriberCounters {
    return this.#inbox.counters;
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
    return this.#inbox.batches(
      (batch) => this.#publishers.settle(batch),
      () => this.#publishers.count > 0,
    );
  }

  refuse(frame: Frame): void {
    this.#publishers.refuse(frame);
  }

  /** Closes every connection for further messages; the reader gets all that was sent before. */
  async stop(options: WaitOptions = {}): Promise<StopReport> {
    if (!this.#isStopping && this.#disposed === undefined) {
      this.#isStopping = true;
      await this.#watch.stop();
      if (this.#disposed === undefined) {
        this.#path.hide();
        this.#listener?.close();
        this.#publishers.cut();
      }
    }
    const isEmpty = await this.#inbox.stop(options);
    return { drained: isEmpty && this.#disposed === undefined && this.#publishers.count === 0 };
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#disposed ??= this.#dispose();
    return this.#disposed;
  }

  async #dispose(): Promise<void> {
    this.#inbox.close();
    await this.#watch.stop();
    this.#listener?.close();
    this.#publishers.close();
    this.#path.release();
    await this.#loop.release();
  }
}
