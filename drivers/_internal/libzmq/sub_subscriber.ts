import { DriverError } from "../../contract/errors.ts";
import type { DriverContext, FrameSubscriber, TopicOptions } from "../../contract/pubsub.ts";
import type { WaitOptions } from "../../contract/waiting.ts";
import { parseEndpoint } from "../zmtp/endpoint.ts";
import { addressError } from "./engine.ts";
import type { ZmqSocket } from "./libzmq_socket.ts";
import type { ConnectionEvent } from "./monitor.ts";
import { ReadingEnd } from "./reading_end.ts";
import { OPTION, SOCKET_TYPE } from "./zmq_h.ts";

/** Subscriptions count as arrived so long after the handshake; no publisher tells. */
const SUBSCRIPTION_WAY_MS = 100;
/** libzmq gives an address up for good after a peer that broke the protocol, and does not say so. */
const RENEW_AFTER_MS = 1_000;

/** One publisher, on a socket of its own. */
interface Link {
  readonly socket: ZmqSocket;
  isConnected: boolean;
  isLive: boolean;
  fault?: string | undefined;
  timer?: ReturnType<typeof setTimeout>;
}

/** Follows any number of publishers, each on a SUB socket. */
export class SubSubscriber extends ReadingEnd implements FrameSubscriber {
  readonly boundAddress = undefined;
  protected readonly readsAhead = true;
  readonly #links = new Map<string, Link>();
  readonly #topics = new Map<string, Uint8Array>();

  static open(context: DriverContext): Promise<SubSubscriber> {
    return Promise.resolve().then(() => new SubSubscriber(context));
  }

  protected wants(topic: string): boolean {
    return this.#topics.has(topic);
  }

  registerListenAddress(address: string): void {
    this.refuseWhenClosed();
    if (this.#links.has(address)) return;
    parseEndpoint(address, "subscribe to");
    this.#connect(address);
  }

  #connect(address: string, fault?: string): void {
    const socket = this.engine.open(SOCKET_TYPE.sub, address, {
      onReady: () => this.noteReadable(),
      onConnection: (event) => this.#onConnection(address, event),
    });
    try {
      for (const topic of this.#topics.values()) socket.set(OPTION.subscribe, topic);
      socket.connect(address);
    } catch (error) {
      void this.engine.closeSocket(socket);
      throw addressError("subscribe to", address, error);
    }
    this.sockets.set(socket, address);
    this.#links.set(address, { socket, isConnected: false, isLive: false, fault });
  }

  unregisterListenAddress(address: string): void {
    const link = this.#links.get(address);
    if (link === undefined) return;
    clearTimeout(link.timer);
    this.#links.delete(address);
    this.sockets.delete(link.socket);
    void this.engine.closeSocket(link.socket);
    this.changed.notify();
  }

  registerTopic(topic: string, { since = "now" }: TopicOptions = {}): void {
    this.refuseWhenClosed();
    const bytes = this.checks.topic(topic);
    if (since !== "now") {
      throw new RangeError(`Topic "${topic}" since "${since}": wanted now, nothing older is kept`);
    }
    if (this.#topics.has(topic)) return;
    this.#topics.set(topic, bytes);
    for (const [address, link] of this.#links) {
      link.socket.set(OPTION.subscribe, bytes);
      if (link.isConnected) this.#awaitSubscriptions(address, link);
    }
  }

  unregisterTopic(topic: string): void {
    const bytes = this.#topics.get(topic);
    if (bytes === undefined) return;
    this.#topics.delete(topic);
    for (const { socket } of this.#links.values()) socket.set(OPTION.unsubscribe, bytes);
  }

  async ready(
    { addresses, ...bounds }: WaitOptions & { readonly addresses?: readonly string[] } = {},
  ): Promise<void> {
    const missing = () =>
      [...this.#links].flatMap(([address, { isLive }]) =>
        isLive || addresses?.includes(address) === false ? [] : [`"${address}"`]
      );
    const isReady = await this.changed.until(() => {
      this.refuseWhenClosed();
      return missing().length === 0;
    }, bounds);
    if (isReady) return;
    const waited = `waited ${(bounds.timeoutMs ?? 0) / 1000} s`;
    throw new DriverError("SEND_TIMEOUT", `Not live: ${missing().join(", ")}: ${waited}`);
  }

  #onConnection(address: string, { kind }: ConnectionEvent): void {
    const link = this.#links.get(address);
    if (link === undefined || kind === "connected") return;
    if (kind === "closed") return this.#onLost(address, link);
    link.isConnected = true;
    link.fault = undefined;
    this.health.publish({ kind: "connected", address });
    this.#awaitSubscriptions(address, link);
  }

  #awaitSubscriptions(address: string, link: Link): void {
    link.isLive = false;
    // Subscriptions go out when libzmq does what is due on the socket.
    link.socket.hasMessage();
    this.noteReadable();
    clearTimeout(link.timer);
    link.timer = setTimeout(() => {
      link.isLive = true;
      this.health.publish({ kind: "live", address, proof: "handshake" });
      this.changed.notify();
    }, SUBSCRIPTION_WAY_MS);
  }

  #onLost(address: string, link: Link): void {
    const reason = link.isConnected
      ? "the connection was lost"
      : "the peer does not speak ZMTP or refused the handshake";
    link.isConnected = link.isLive = false;
    clearTimeout(link.timer);
    link.timer = setTimeout(() => {
      this.unregisterListenAddress(address);
      this.#connect(address, reason);
    }, RENEW_AFTER_MS);
    if (link.fault !== reason) this.health.publish({ kind: "disconnected", address, reason });
    link.fault = reason;
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    for (const { timer } of this.#links.values()) clearTimeout(timer);
    this.#links.clear();
    await super[Symbol.asyncDispose]();
  }
}
