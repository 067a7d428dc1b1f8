import { Broadcast } from "../../contract/channel.ts";
import { DriverError } from "../../contract/errors.ts";
import type { HealthEvent } from "../../contract/health.ts";
import type {
  CloseReport,
  DriverContext,
  FramePublisher,
  WaitOptions,
} from "../../contract/pubsub.ts";
import { pubSubMaxEventBytes } from "../../contract/options.ts";
import { addressError, SOCKET_TYPE, type ZmqSocket } from "./libzmq.ts";
import { MAX_TOPIC_BYTES } from "../topic_cache.ts";
import { isProbe } from "./probe.ts";
import type { ConnectionEvent } from "./monitor.ts";
import { ZmqEngine } from "./engine.ts";
import { FrameChecks } from "../frame_checks.ts";

const SUBSCRIBE = 1;
const CLOSE_TIMEOUT_MS = 1_000;
const NOTHING = new Uint8Array(0);

/**
 * A bound publisher socket. XPUB on the inside, which any SUB takes for a PUB, because it lets the
 * publisher see subscriptions and so answer the probes of our subscribers.
 */
export class XpubPublisher implements FramePublisher {
  readonly health = new Broadcast<HealthEvent>();
  readonly address: string;
  readonly #engine: ZmqEngine;
  readonly #socket: ZmqSocket;
  readonly #checks: FrameChecks;
  readonly #subscription = new Uint8Array(1 + MAX_TOPIC_BYTES);
  #lookDue = false;
  #closing: Promise<CloseReport> | undefined;

  /** @throws {DriverError} `ADDRESS_IN_USE`, `ADDRESS_INVALID`, `LIBRARY_UNUSABLE` */
  static async open(driver: DriverContext, address: string): Promise<XpubPublisher> {
    const engine = new ZmqEngine(driver);
    try {
      return new XpubPublisher(driver, engine, address);
    } catch (error) {
      await engine.close(0);
      throw error;
    }
  }

  private constructor(driver: DriverContext, engine: ZmqEngine, address: string) {
    this.#engine = engine;
    this.#checks = new FrameChecks(driver.settings.get(pubSubMaxEventBytes));
    this.#socket = engine.socket(SOCKET_TYPE.xpub, address, {
      onReady: () => this.#answerProbes(),
      onConnection: (event) => this.#onConnection(event),
    });
    try {
      this.#socket.bind(address);
    } catch (error) {
      throw addressError("bind the publisher to", address, error);
    }
    this.address = this.#socket.lastEndpoint();
  }

  trySend(topic: string, payload: Uint8Array): boolean {
    if (this.#closing !== undefined) {
      throw new DriverError("CLOSED", `Cannot send on "${this.address}": the publisher is closed`);
    }
    this.#socket.sendPair(this.#checks.check(topic, payload), payload);
    this.#lookForProbes();
    return true;
  }

  trySendToAll(topic: string, payload: Uint8Array): boolean {
    return this.trySend(topic, payload);
  }

  send(topic: string, payload: Uint8Array, options: WaitOptions = {}): Promise<void> {
    try {
      options.signal?.throwIfAborted();
      this.trySend(topic, payload);
      return Promise.resolve();
    } catch (error) {
      return Promise.reject(error);
    }
  }

  // Sending also takes in what peers sent, and with it the wake-up that would have announced a
  // probe: so look once after each run of sends.
  #lookForProbes(): void {
    if (this.#lookDue) return;
    this.#lookDue = true;
    queueMicrotask(() => {
      this.#lookDue = false;
      if (this.#closing === undefined) this.#answerProbes();
    });
  }

  #answerProbes(): void {
    for (;;) {
      const bytes = this.#socket.receive(this.#subscription);
      if (bytes < 0) return;
      const topic = this.#subscription.subarray(1, bytes);
      if (this.#subscription[0] !== SUBSCRIBE || !isProbe(topic)) continue;
      this.#socket.sendPair(topic, NOTHING);
    }
  }

  #onConnection(event: ConnectionEvent): void {
    if (event.kind === "ready") {
      this.health.publish({ kind: "peer-joined", address: event.address });
    }
    if (event.kind === "closed") this.health.publish({ kind: "peer-left", address: event.address });
  }

  close(options: { readonly timeoutMs?: number } = {}): Promise<CloseReport> {
    this.#closing ??= this.#close(options.timeoutMs ?? CLOSE_TIMEOUT_MS);
    return this.#closing;
  }

  async #close(timeoutMs: number): Promise<CloseReport> {
    const report = await this.#engine.close(timeoutMs);
    this.health.close();
    return report;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
