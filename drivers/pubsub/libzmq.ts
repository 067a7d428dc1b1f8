import { checkLibzmqSettings } from "../_internal/libzmq/check.ts";
import { LibzmqEngine } from "../_internal/libzmq/engine.ts";
import { addressError } from "../_internal/libzmq/engine.ts";
import type { ZmqSocket } from "../_internal/libzmq/libzmq_socket.ts";
import type { ConnectionEvent } from "../_internal/libzmq/monitor.ts";
import { ReadingEnd } from "../_internal/libzmq/reading_end.ts";
import { SendingEnd } from "../_internal/libzmq/sending_end.ts";
import { OPTION, SOCKET_TYPE } from "../_internal/libzmq/zmq_h.ts";
import { parseEndpoint } from "../_internal/sockets/endpoint.ts";
import { PeerCounter } from "../_internal/peer_counter.ts";
import { DriverError } from "../contract/errors.ts";
import type { Settings } from "../contract/option.ts";
import { publisherBindAddress, publisherPort } from "../contract/options.ts";
import type {
  DriverContext,
  FramePublisher,
  FrameSubscriber,
  PubSubDriver,
  TopicOptions,
} from "../contract/pubsub.ts";
import type { WaitOptions } from "../contract/waiting.ts";

/**
 * PUB/SUB of libzmq over TCP, without additions: a publisher binds a PUB socket, and subscribers
 * connect a SUB socket to each publisher. Frames are `[topic, payload]`.
 *
 * libzmq silently drops frames for slow or disconnected subscribers, and does not confirm
 * subscriptions. Peers may speak any ZMTP that libzmq supports, including versions 1 and 2.
 */
export function createLibzmqDriver(context: DriverContext): PubSubDriver {
  return {
    name: "libzmq_pubsub_driver",
    traits: {
      reach: "network",
      listensToAddresses: true,
      fanOut: "all",
      delivery: "drops-when-slow",
      begins: [],
      liveProof: "handshake",
      confirms: false,
    },
    openPublisher: async () => await PubPublisher.open(checked(context)),
    openSubscriber: async () => await SubSubscriber.open(checked(context)),
  };
}

function checked(context: DriverContext): DriverContext {
  checkLibzmqSettings(context.settings);
  return context;
}

/** A bound PUB socket. libzmq silently drops frames for a subscriber whose queue is full. */
class PubPublisher extends SendingEnd implements FramePublisher {
  readonly address: string;
  readonly #peers = new PeerCounter((event) => this.health.publish(event));

  static open(context: DriverContext): Promise<PubPublisher> {
    return LibzmqEngine.for(context.settings, (engine) => new PubPublisher(engine, context));
  }

  private constructor(engine: LibzmqEngine, context: DriverContext) {
    const address = bindAddress(context.settings);
    super(engine, context, { type: SOCKET_TYPE.pub, address, action: "bind" });
    this.address = this.socket.lastEndpoint();
  }

  async send(topic: string, payload: Uint8Array, { signal }: WaitOptions = {}): Promise<void> {
    await Promise.resolve(signal?.throwIfAborted());
    this.trySend(topic, payload);
  }

  protected onConnection({ kind, address }: ConnectionEvent): void {
    // Not from `ready`: libzmq also reports `closed` of a connection without a handshake.
    if (kind === "accepted") this.#peers.joined(address);
    if (kind === "closed") this.#peers.left(address);
  }
}

function bindAddress(settings: Settings): string {
  const host = settings.get(publisherBindAddress);
  const port = settings.get(publisherPort);
  const bracketed = host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
  return `tcp://${bracketed}:${port === 0 ? "*" : port}`;
}

/**
 * Time after the handshake after which subscriptions count as received; publishers do not confirm
 * them.
 */
const SUBSCRIPTION_WAY_MS = 100;
/** libzmq silently stops connecting to an address after a peer that violated the protocol. */
const RENEW_AFTER_MS = 1_000;

/** One publisher with its own socket. */
interface Link {
  readonly socket: ZmqSocket;
  isConnected: boolean;
  isLive: boolean;
  liveAt: number;
  fault?: string | undefined;
  timer?: ReturnType<typeof setTimeout>;
}

/** The prefix of every topic. */
const ALL_TOPICS = "";

/** Follows any number of publishers with a SUB socket each. */
class SubSubscriber extends ReadingEnd implements FrameSubscriber {
  readonly boundAddress = undefined;
  protected readonly readsAhead = true;
  readonly #links = new Map<string, Link>();
  readonly #topics = new Map<string, Uint8Array<ArrayBuffer>>();

  static open(context: DriverContext): Promise<SubSubscriber> {
    return Promise.resolve().then(() => new SubSubscriber(context));
  }

  protected wants(topic: string): boolean {
    return this.#topics.has(topic) || this.#topics.has(ALL_TOPICS);
  }

  registerListenAddress(address: string): void {
    this.refuseWhenClosed();
    if (this.#links.has(address)) return;
    parseEndpoint(address);
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
      this.engine.closeSocket(socket);
      throw addressError("subscribe to", address, error);
    }
    this.sockets.set(socket, address);
    this.#links.set(address, {
      socket,
      isConnected: false,
      isLive: false,
      liveAt: Infinity,
      fault,
    });
  }

  unregisterListenAddress(address: string): void {
    const link = this.#links.get(address);
    if (link === undefined) return;
    clearTimeout(link.timer);
    this.#links.delete(address);
    this.sockets.delete(link.socket);
    this.engine.closeSocket(link.socket);
    this.changed.notify();
  }

  registerTopic(topic: string, options: TopicOptions = {}): void {
    this.refuseWhenClosed();
    const bytes = this.checks.topic(topic);
    this.checks.beginsNow(topic, options);
    if (this.#topics.has(topic)) return;
    this.#topics.set(topic, bytes);
    for (const [address, link] of this.#links) {
      link.socket.set(OPTION.subscribe, bytes);
      if (link.isConnected) this.#awaitSubscriptions(address, link);
    }
  }

  registerAllTopics(): void {
    this.refuseWhenClosed();
    this.#topics.set(ALL_TOPICS, new Uint8Array());
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
    clearTimeout(link.timer);
    link.isConnected = true;
    link.fault = undefined;
    this.health.publish({ kind: "connected", address });
    this.#awaitSubscriptions(address, link, false);
  }

  /** Further topics delay only `ready`, and not the report that the publisher is live. */
  #awaitSubscriptions(address: string, link: Link, isWaiting = !link.isLive): void {
    link.isLive = false;
    link.liveAt = performance.now() + SUBSCRIPTION_WAY_MS;
    // libzmq sends subscriptions when it does the due work of the socket.
    link.socket.hasMessage();
    this.noteReadable();
    if (!isWaiting) this.#settleLater(address, link);
  }

  #settleLater(address: string, link: Link): void {
    link.timer = setTimeout(() => {
      link.isLive = link.liveAt - performance.now() < 1;
      this.health.publish({ kind: "live", address, proof: "handshake" });
      this.changed.notify();
      if (!link.isLive) this.#settleLater(address, link);
    }, link.liveAt - performance.now());
  }

  #onLost(address: string, link: Link): void {
    const reason = link.isConnected
      ? "the connection was lost"
      : "the peer does not speak ZMTP, or refused the handshake";
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
