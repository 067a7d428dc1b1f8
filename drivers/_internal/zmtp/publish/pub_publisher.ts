import { Broadcast } from "../../../contract/channel.ts";
import { DriverError } from "../../../contract/errors.ts";
import type { HealthEvent } from "../../../contract/health.ts";
import { pubSubMaxEventBytes } from "../../../contract/options.ts";
import type {
  CloseReport,
  DepartedPeer,
  DriverContext,
  FramePublisher,
  PayloadWriter,
  PeerState,
  PeerTotals,
  PublisherOpenOptions,
} from "../../../contract/pubsub.ts";
import type { WaitOptions } from "../../../contract/waiting.ts";
import { PeerCounter } from "../../peer_counter.ts";
import { FrameChecks } from "../../frame_checks.ts";
import { Notifier } from "../../notifier.ts";
import type { SubscribersApplied } from "./applied_tracker.ts";
import type { Connection } from "../connection.ts";
import { checkTransport } from "../../publisher_transport.ts";
import { EventLoop } from "../../sockets/event_loop.ts";
import { Listener } from "../../sockets/listener.ts";
import { readTimeout, tcpTimeoutMs, tickMs } from "../options.ts";
import { listenAll, type Place, placesOf } from "./publisher_places.ts";
import { SubscriberPeers } from "./subscriber_peers.ts";
import { TransportSecurity } from "../transport_security.ts";

const CLOSE_TIMEOUT_MS = 1_000;
/** Time between two checks of connections while the publisher closes, in milliseconds. */
const CLOSE_TICK_MS = 10;
/** Descriptors that are reserved for local publishers, the database and the rest of the process. */
const RESERVED_DESCRIPTORS = 64;
/** Subscribers send little. The limit also holds for what the kernel keeps of an attacker. */
const MAX_UNREAD_BYTES = 64 * 1024;

interface PublisherParts {
  readonly loop: EventLoop;
  readonly security: TransportSecurity | undefined;
  readonly places: readonly Place[];
  readonly options: PublisherOpenOptions;
}

/**
 * A publisher: a log of the latest events, with one cursor per subscriber.
 *
 * Sending never waits. A subscriber that is too far behind skips events; others are unaffected.
 */
export class PubPublisher implements FramePublisher {
  readonly health = new Broadcast<HealthEvent>();
  readonly address: string;
  readonly secureAddress: string | undefined;
  readonly isRecording: boolean;
  readonly #loop: EventLoop;
  readonly #security: TransportSecurity | undefined;
  readonly #listeners: readonly Listener[];
  readonly #checks: FrameChecks;
  readonly #peers: SubscriberPeers;
  readonly #closed = new Notifier();
  readonly #ticker: ReturnType<typeof setInterval>;
  #closing: Promise<CloseReport> | undefined;

  /**
   * @throws {DriverError} `ADDRESS_IN_USE`, `ADDRESS_INVALID`
   * @throws {DriverError} `CONFIG_INVALID` or `FILE_UNUSABLE` if a file of TLS is missing or not
   * valid
   */
  static async open(
    context: DriverContext,
    options: PublisherOpenOptions = {},
  ): Promise<PubPublisher> {
    checkTransport(context.settings);
    await using undo = new AsyncDisposableStack();
    const security = undo.use(await TransportSecurity.open(context, "publisher"));
    const loop = EventLoop.acquire();
    undo.defer(() => loop.release());
    const places = await placesOf(context.settings, loop);
    const publisher = new PubPublisher(context, { loop, security, places, options });
    undo.move();
    return publisher;
  }

  private constructor(
    { settings, log }: DriverContext,
    { loop, security, places, options }: PublisherParts,
  ) {
    this.#loop = loop;
    this.isRecording = options.recorder !== undefined;
    this.#security = security;
    this.#checks = new FrameChecks(settings.get(pubSubMaxEventBytes));
    this.#peers = new SubscriberPeers({
      ...{ settings, log, loop, open: options },
      connected: new PeerCounter((event) => this.health.publish(event)),
      onClosed: () => this.#closed.notify(),
    });
    this.#listeners = listenAll(places, (place) =>
      new Listener(loop, place.address, {
        name: place.scheme === "tls" ? "the publisher's port for TLS" : "the publisher's port",
        log,
        // The kernel also counts time in which the peer has no room, which `read_timeout` limits.
        tcpTimeoutMs: tcpTimeoutMs(settings) + settings.get(readTimeout) * 1000,
        reservedDescriptors: RESERVED_DESCRIPTORS,
        maxUnreadBytes: MAX_UNREAD_BYTES,
        isDeferred: true,
        onRefused: () => this.#peers.refusals.count("descriptors"),
        onStream: (stream) =>
          this.#peers.add(
            place.scheme === "tls" && security !== undefined ? security.accept(stream) : stream,
          ),
      }));
    const [address = "", secureAddress] = this.#listeners.map((listener, index) =>
      `${places[index]?.scheme}://${listener.address}`
    );
    this.address = address;
    this.secureAddress = secureAddress;
    this.#ticker = setInterval(() => void this.#peers.tick(performance.now()), tickMs(settings));
  }

  trySend(topic: string, payload: Uint8Array): boolean {
    return this.tryWrite(topic, payload.length, (bytes, at) => bytes.set(payload, at));
  }

  tryWrite(topic: string, size: number, write: PayloadWriter): boolean {
    const bytes = this.#checks.checkSize(topic, size);
    if (this.#closing !== undefined) {
      throw new DriverError("CLOSED", `Cannot send on "${this.address}": the publisher is closed`);
    }
    this.#peers.publish(topic, bytes, size, write);
    return true;
  }

  send(topic: string, payload: Uint8Array, { signal }: WaitOptions = {}): Promise<void> {
    return new Promise((resolve) => {
      signal?.throwIfAborted();
      this.trySend(topic, payload);
      resolve();
    });
  }

  recent(): ReturnType<NonNullable<FramePublisher["recent"]>> {
    return this.#peers.log.recent();
  }

  get applied(): SubscribersApplied {
    return this.#peers.applied;
  }

  peers(): readonly PeerState[] {
    return Array.from(this.#peers.peers.open(), (peer) => peer.state);
  }

  departedPeers(): readonly DepartedPeer[] {
    return this.#peers.peers.departed.all();
  }

  get peerTotals(): PeerTotals {
    const { peers, refusals } = this.#peers;
    return { ...peers.counters, refused: refusals.counts };
  }

  close(options: { readonly timeoutMs?: number } = {}): Promise<CloseReport> {
    return this.#closing ??= this.#close(options.timeoutMs ?? CLOSE_TIMEOUT_MS);
  }

  async #close(timeoutMs: number): Promise<CloseReport> {
    const deadline = performance.now() + timeoutMs;
    for (const listener of this.#listeners) listener.close();
    this.#peers.rounds.flush();
    const looking = setInterval(() => this.#closed.notify(), CLOSE_TICK_MS);
    const peers = () => this.#peers.peers.open();
    const within = (holds: () => boolean) =>
      this.#closed.until(holds, { timeoutMs: Math.max(0, deadline - performance.now()) });
    const isSent = await within(() => peers().every((peer) => peer.isDone));
    for (const { connection } of peers()) connection.finish();
    // A subscriber that has read everything closes its end, too. For a busy subscriber it is enough
    // that its kernel has acknowledged all bytes.
    const isRead = await within(() => peers().every(({ connection }) => hasAll(connection)));
    clearInterval(looking);
    clearInterval(this.#ticker);
    for (const peer of this.#peers.peers) peer.connection.close("the publisher is closed");
    await this.#peers.past.settled();
    this.health.close();
    await this.#security?.[Symbol.asyncDispose]();
    await this.#loop.release();
    return { flushed: isSent && isRead };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

function hasAll({ isClosed, stream }: Connection): boolean {
  return isClosed || stream.unsent() === 0;
}
