import { Broadcast } from "../../contract/channel.ts";
import { DriverError } from "../../contract/errors.ts";
import type { HealthEvent } from "../../contract/health.ts";
import { pubSubMaxEventBytes } from "../../contract/options.ts";
import type { CloseReport, DriverContext } from "../../contract/pubsub.ts";
import { FrameChecks } from "../frame_checks.ts";
import { Notifier } from "../notifier.ts";
import { addressError, type LibzmqEngine } from "./engine.ts";
import type { ZmqSocket } from "./libzmq_socket.ts";
import type { ConnectionEvent } from "./monitor.ts";

const CLOSE_TIMEOUT_MS = 1_000;

/** The common part of PUB and PUSH: one socket, and closing it. */
export abstract class SendingEnd {
  abstract readonly address: string;
  readonly health = new Broadcast<HealthEvent>();
  protected readonly engine: LibzmqEngine;
  protected readonly socket: ZmqSocket;
  protected readonly changed = new Notifier();
  readonly #checks: FrameChecks;
  #closing: Promise<CloseReport> | undefined;

  /** @throws {DriverError} `ADDRESS_IN_USE`, `ADDRESS_INVALID` */
  constructor(
    engine: LibzmqEngine,
    { settings }: DriverContext,
    { type, address, action }: {
      readonly type: number;
      readonly address: string;
      readonly action: "bind" | "connect";
    },
  ) {
    this.#checks = new FrameChecks(settings.get(pubSubMaxEventBytes));
    this.engine = engine;
    try {
      this.socket = this.engine.open(type, address, {
        onReady: () => this.changed.notify(),
        onConnection: (event) => this.onConnection(event),
      });
      this.socket[action](address);
    } catch (error) {
      throw addressError(action === "bind" ? "listen at" : "connect to", address, error);
    }
  }

  protected abstract onConnection(event: ConnectionEvent): void;

  /** Checks a frame. @returns the bytes of its topic */
  protected check(topic: string, payload: Uint8Array): Uint8Array<ArrayBuffer> {
    if (this.#closing === undefined) return this.#checks.check(topic, payload);
    throw new DriverError("CLOSED", `Cannot send to "${this.address}": the publisher is closed`);
  }

  trySend(topic: string, payload: Uint8Array): boolean {
    return this.socket.sendPair(this.check(topic, payload), payload);
  }

  close({ timeoutMs = CLOSE_TIMEOUT_MS } = {}): Promise<CloseReport> {
    this.#closing ??= this.engine.close(timeoutMs).then((flushed) => {
      this.health.close();
      return { flushed };
    });
    this.changed.notify();
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
