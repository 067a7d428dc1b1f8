import { pubSubMaxEventBytes } from "../../contract/options.ts";
import { DriverError } from "../../contract/errors.ts";
import type { HealthEvent } from "../../contract/health.ts";
import type {
  DriverContext,
  Frame,
  FrameSubscriber,
  StopReport,
  SubscriberCounters,
} from "../../contract/pubsub.ts";
import type { WaitOptions } from "../../contract/waiting.ts";
import { checkAddress } from "./addresses.ts";
import { BatchReader } from "./batch_reader.ts";
import { highWaterMark } from "./options.ts";
import type { ZmqSocket } from "./libzmq.ts";
import { SubLink } from "./sub_link.ts";
import { ZmqEngine } from "./engine.ts";
import { FrameChecks } from "../frame_checks.ts";

/** What may wait for a slow reader, however few events that are. */
const BACKLOG_BYTES = 128 * 2 ** 20;

/**
 * A subscriber with one SUB socket per publisher, so that each connection's health, proof and
 * queue are its own, and one publisher's misbehaviour is nobody else's.
 */
export class SubSubscriber implements FrameSubscriber {
  readonly boundAddress = undefined;
  readonly #engine: ZmqEngine;
  readonly #checks: FrameChecks;
  readonly #reader: BatchReader;
  readonly #links = new Map<string, SubLink>();
  readonly #addresses = new Map<ZmqSocket, string>();
  #isBehind = false;
  #sockets: readonly ZmqSocket[] = [];
  readonly #topics = new Map<string, Uint8Array>();
  #disposed: Promise<void> | undefined;

  /** @throws {DriverError} `LIBRARY_UNUSABLE` */
  constructor(driver: DriverContext) {
    const maxEventBytes = driver.settings.get(pubSubMaxEventBytes);
    this.#checks = new FrameChecks(maxEventBytes);
    this.#reader = new BatchReader(maxEventBytes, () => this.#sockets, {
      wants: (topic) => this.#topics.has(topic),
      isEcho: (topic, socket) => this.#acceptEcho(topic, socket),
      addressOf: (socket) => this.#addresses.get(socket),
    });
    this.#reader.keepBacklog({
      maxFrames: driver.settings.get(highWaterMark),
      maxOctets: BACKLOG_BYTES,
      onOverflow: (waiting) => this.#fallBehind(waiting),
      onCaughtUp: () => this.#catchUp(),
    });
    // Nobody could close it, if anything above failed.
    this.#engine = new ZmqEngine(driver);
  }

  #fallBehind(waiting: number): void {
    const reason = `the reader is too slow: ${waiting} events wait for it`;
    this.#isBehind = true;
    for (const link of this.#links.values()) link.fallBehind(reason);
  }

  #catchUp(): void {
    this.#isBehind = false;
    for (const link of this.#links.values()) link.catchUp();
  }

  get health(): AsyncIterable<HealthEvent> {
    return this.#reader.health;
  }

  get counters(): SubscriberCounters {
    return this.#reader.counters;
  }

  registerListenAddress(address: string): void {
    this.#refuseWhenClosed();
    if (this.#links.has(address)) return;
    checkAddress(address, "subscribe to");
    const link = new SubLink(this.#engine, address, {
      onReadable: () => this.#reader.noteReadable(),
      onHealth: (event) => this.#onHealth(event),
    });
    this.#connect(link, address);
  }

  #connect(link: SubLink, address: string): void {
    for (const topic of this.#topics.values()) link.subscribe(topic);
    if (this.#isBehind) link.fallBehind("");
    try {
      link.connect();
    } catch (error) {
      void link.close();
      throw error;
    }
    this.#links.set(address, link);
    this.#addresses.set(link.socket, address);
    this.#sockets = [...this.#sockets, link.socket];
  }

  unregisterListenAddress(address: string): void {
    const link = this.#links.get(address);
    if (link === undefined) return;
    this.#links.delete(address);
    this.#addresses.delete(link.socket);
    this.#sockets = this.#sockets.filter((socket) => socket !== link.socket);
    void link.close();
    this.#reader.changed.notify();
  }

  registerTopic(topic: string): void {
    this.#refuseWhenClosed();
    if (this.#topics.has(topic)) return;
    const octets = this.#checks.topic(topic);
    this.#topics.set(topic, octets);
    for (const link of this.#links.values()) link.subscribe(octets);
  }

  unregisterTopic(topic: string): void {
    const octets = this.#topics.get(topic);
    if (octets === undefined) return;
    this.#topics.delete(topic);
    for (const link of this.#links.values()) link.unsubscribe(octets);
  }

  async ready(
    options: WaitOptions & { readonly addresses?: readonly string[] } = {},
  ): Promise<void> {
    const { addresses } = options;
    const missing = () =>
      (addresses ?? [...this.#links.keys()]).filter((each) =>
        this.#links.get(each)?.live === false
      );
    const isReady = () => this.#disposed !== undefined || missing().length === 0;
    if (await this.#reader.changed.until(isReady, options)) return this.#refuseWhenClosed();
    const where = missing().map((address) => `"${address}"`).join(", ");
    throw new DriverError(
      "SEND_TIMEOUT",
      `Not subscribed after ${(options.timeoutMs ?? Infinity) / 1000} s at ${where}`,
    );
  }

  batches(): AsyncIterable<readonly Frame[]> {
    return this.#reader.batches();
  }

  async stop(options: WaitOptions = {}): Promise<StopReport> {
    return { drained: await this.#reader.stop(options) };
  }

  #onHealth(event: HealthEvent): void {
    this.#reader.health.publish(event);
    this.#reader.changed.notify();
  }

  #acceptEcho(topic: Uint8Array, socket: ZmqSocket): boolean {
    const address = this.#addresses.get(socket);
    return address !== undefined && (this.#links.get(address)?.acceptEcho(topic) ?? false);
  }

  #refuseWhenClosed(): void {
    if (this.#disposed !== undefined) {
      throw new DriverError("CLOSED", "The subscriber is closed");
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#disposed ??= this.#dispose();
    return this.#disposed;
  }

  async #dispose(): Promise<void> {
    this.#reader.close();
    const links = [...this.#links.values()];
    this.#links.clear();
    this.#addresses.clear();
    this.#sockets = [];
    await Promise.all(links.map((link) => link.close()));
    await this.#engine.close(0);
  }
}
