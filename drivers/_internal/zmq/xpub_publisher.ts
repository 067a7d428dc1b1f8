import { Broadcast } from "../../contract/channel.ts";
import { DriverError } from "../../contract/errors.ts";
import type { HealthEvent } from "../../contract/health.ts";
import type { CloseReport, DriverContext, FramePublisher } from "../../contract/pubsub.ts";
import type { WaitOptions } from "../../contract/waiting.ts";
import { Semaphore } from "../../contract/semaphore.ts";
import { pubSubMaxEventBytes } from "../../contract/options.ts";
import { FrameChecks } from "../frame_checks.ts";
import { Notifier } from "../notifier.ts";
import { addressError } from "./address_error.ts";
import type { ZmqSocket } from "./libzmq.ts";
import { OPTION, SOCKET_TYPE } from "./zmq_h.ts";
import { KeptConnections } from "./kept_connections.ts";
import type { ConnectionEvent } from "./monitor.ts";
import { ZmqEngine } from "./engine.ts";
import { SubscriptionReader } from "./subscription_reader.ts";
import { tcpQueue } from "./tcp_queue.ts";
import { type OutgoingFrame, XpubSender } from "./xpub_sender.ts";

const CLOSE_TIMEOUT_MS = 1_000;
/** Subscribers send subscriptions only: to a topic of 256 bytes at most, or a probe. */
const MAX_SUBSCRIPTION_BYTES = 1_024;
const SHORTEST_WAIT_MS = 1;
/** Maximum time that a slow subscriber holds up the others. */
const SLOW_SUBSCRIBER_WAIT_MS = 50;
/** A lossy period may tell of thousands of topics at once. */
const HEALTH_EVENTS = 16_384;

/**
 * A bound publisher socket. XPUB on the inside, which any SUB takes for a PUB, because it lets the
 * publisher see subscriptions, and so answer the probes of our subscribers, and full queues.
 */
export class XpubPublisher implements FramePublisher {
  readonly health = new Broadcast<HealthEvent>(HEALTH_EVENTS);
  readonly address: string;
  readonly #engine: ZmqEngine;
  readonly #socket: ZmqSocket;
  readonly #checks: FrameChecks;
  readonly #sender: XpubSender;
  readonly #subscriptions: SubscriptionReader;
  /** Descriptors of the connections that subscribers have made and not closed. */
  readonly #connections = new Set<number>();
  readonly #changed = new Notifier();
  /** Sends that wait for room go in turn: frames keep the order in which they were handed over. */
  readonly #room = new Semaphore(1);
  #lookDue = false;
  #closing: Promise<CloseReport> | undefined;

  /** @throws {DriverError} `ADDRESS_IN_USE`, `ADDRESS_INVALID`, `LIBRARY_UNUSABLE` */
  static async open(
    driver: DriverContext,
    address: string,
  ): Promise<XpubPublisher> {
    const engine = new ZmqEngine(driver);
    try {
      return new XpubPublisher(driver, engine, address);
    } catch (error) {
      await engine.close(0);
      throw error;
    }
  }

  private constructor(
    driver: DriverContext,
    engine: ZmqEngine,
    address: string,
  ) {
    this.#engine = engine;
    this.#checks = new FrameChecks(driver.settings.get(pubSubMaxEventBytes));
    this.#socket = engine.socket(SOCKET_TYPE.xpub, address, {
      onReady: () => this.#onReady(),
      onConnection: (event) => this.#onConnection(event),
    });
    this.#socket.setInt(OPTION.xpubVerbose, 1);
    this.#socket.setInt64(OPTION.maxMessageBytes, MAX_SUBSCRIPTION_BYTES);
    this.#subscriptions = new SubscriptionReader(this.#socket, undefined);
    this.#sender = this.#createSender();
    try {
      this.#socket.bind(address);
    } catch (error) {
      throw addressError("bind the publisher to", address, error);
    }
    this.address = this.#socket.lastEndpoint();
  }

  #createSender(): XpubSender {
    const { symbols } = this.#engine.library;
    return new XpubSender(this.#socket, {
      slowSubscriberWaitMs: SLOW_SUBSCRIBER_WAIT_MS,
      connections: () => this.#knownConnections(),
      queueOf: (fd) => tcpQueue(symbols, fd),
    });
  }

  #knownConnections(): Iterable<number> {
    this.#engine.tellConnections(this.#socket);
    return this.#connections;
  }

  trySend(topic: string, payload: Uint8Array): boolean {
    const frame = this.#frame(topic, payload);
    const isSent = this.#room.isFree && this.#sender.trySend(frame);
    this.#lookForSubscriptions();
    return isSent;
  }

  /** Waits for a slow subscriber within the bound, and then sends to those who have room. */
  send(topic: string, payload: Uint8Array, options: WaitOptions = {}): Promise<void> {
    try {
      options.signal?.throwIfAborted();
      if (this.trySend(topic, payload)) return Promise.resolve();
      const sending = this.#sendWaiting(topic, payload, options);
      // A caller may look at the result of several sends later.
      sending.catch(() => {});
      return sending;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  async #sendWaiting(topic: string, payload: Uint8Array, options: WaitOptions): Promise<void> {
    using _permit = await this.#room.acquire({ signal: options.signal });
    const deadline = performance.now() + (options.timeoutMs ?? Infinity);
    const isSent = () => this.#sender.trySend(this.#frame(topic, payload));
    for (let isDone = false; !isDone;) {
      const leftMs = deadline - performance.now();
      const timeoutMs = Math.min(leftMs, Math.max(this.#sender.waitMs, SHORTEST_WAIT_MS));
      isDone = await this.#changed.until(isSent, { ...options, timeoutMs });
      if (!isDone && leftMs <= 0) {
        this.#sender.send(this.#frame(topic, payload));
        isDone = true;
      }
    }
    this.#lookForSubscriptions();
  }

  /** @throws {DriverError} `CLOSED`, `FRAME_TOO_LARGE` */
  #frame(topic: string, payload: Uint8Array): OutgoingFrame {
    if (this.#closing !== undefined) {
      throw new DriverError("CLOSED", `Cannot send on "${this.address}": the publisher is closed`);
    }
    return { topic, octets: this.#checks.check(topic, payload), payload };
  }

  // Sending also takes in what peers sent, and with it the wake-up that would have announced a
  // subscription: so look once after each run of sends.
  #lookForSubscriptions(): void {
    if (this.#lookDue) return;
    this.#lookDue = true;
    queueMicrotask(() => {
      this.#lookDue = false;
      if (this.#closing === undefined) this.#subscriptions.read();
    });
  }

  #onReady(): void {
    this.#subscriptions.read();
    this.#changed.notify();
  }

  #onConnection({ kind, address, fd }: ConnectionEvent): void {
    if (kind === "accepted") this.#connections.add(fd);
    if (kind === "ready") this.health.publish({ kind: "peer-joined", address });
    if (kind !== "closed" && kind !== "refused") return;
    this.#connections.delete(fd);
    this.#sender.forget(fd);
    if (kind === "closed") this.health.publish({ kind: "peer-left", address });
  }

  close(options: { readonly timeoutMs?: number } = {}): Promise<CloseReport> {
    this.#closing ??= this.#close(options.timeoutMs ?? CLOSE_TIMEOUT_MS);
    this.#changed.notify();
    return this.#closing;
  }

  async #close(timeoutMs: number): Promise<CloseReport> {
    const deadline = performance.now() + timeoutMs;
    this.#sender.close();
    this.#subscriptions.close();
    const kept = new KeptConnections(this.#engine.library.symbols, this.#knownConnections());
    const { flushed } = await this.#engine.close(timeoutMs);
    const areRead = await kept.areRead(deadline);
    kept.close(Number(this.address.slice(this.address.lastIndexOf(":") + 1)));
    this.health.close();
    return { flushed: flushed && areRead };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
