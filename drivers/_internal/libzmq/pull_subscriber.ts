import { DriverError } from "../../contract/errors.ts";
import type { DriverContext, FrameSubscriber, StopReport } from "../../contract/pubsub.ts";
import type { WaitOptions } from "../../contract/waiting.ts";
import { type SocketAccess, SocketPath } from "../local_socket/socket_path.ts";
import { addressError } from "./engine.ts";
import { ReadingEnd } from "./reading_end.ts";
import { OPTION, SOCKET_TYPE } from "./zmq_h.ts";

/** The end of the publisher service: whatever local publishers send, on every topic. */
export class PullSubscriber extends ReadingEnd implements FrameSubscriber {
  readonly boundAddress: string;
  protected readonly readsAhead = false;
  readonly #path: SocketPath;
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
    this.boundAddress = `ipc://${path.path}`;
  }

  #bind(access: SocketAccess): void {
    const address = this.boundAddress;
    const socket = this.engine.open(SOCKET_TYPE.pull, address, {
      onReady: () => this.noteReadable(),
      onConnection: ({ kind }) => {
        if (kind === "ready") this.health.publish({ kind: "peer-joined", address });
        if (kind === "closed") this.health.publish({ kind: "peer-left", address });
      },
    });
    // Otherwise libzmq discards what a publisher had sent when that publisher closes.
    socket.set(OPTION.linger, -1);
    this.sockets.set(socket, undefined);
    try {
      this.#path.bindWith(() => socket.bind(address), access);
    } catch (error) {
      throw error instanceof DriverError ? error : addressError("listen at", address, error);
    }
  }

  protected wants(): boolean {
    return true;
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

  /** Publishers that are connected may go on sending; what comes after the end is lost. */
  override stop(options?: WaitOptions): Promise<StopReport> {
    if (this.#disposed === undefined) this.#path.hide();
    return super.stop(options);
  }

  override [Symbol.asyncDispose](): Promise<void> {
    return this.#disposed ??= super[Symbol.asyncDispose]().then(() => this.#path.release());
  }
}
