import type { HealthEvent } from "../../drivers/contract/health.ts";
import type { Logger } from "../../drivers/contract/logger.ts";
import type { FramePublisher, PubSubDriver } from "../../drivers/contract/pubsub.ts";
import type { WaitOptions } from "../../drivers/contract/waiting.ts";
import type { RequestReply } from "../../drivers/contract/requests.ts";
import type { Clock } from "../base/clock.ts";
import { PositionedPublisher } from "../publish/positioned_publisher.ts";
import { AcceptanceClient } from "./acceptance_client.ts";
import type { PublisherReport } from "../publish/acceptance_report.ts";
import { CountedFrames } from "./counted_frames.ts";
import type { SentSpan } from "./sent_span.ts";

/** What {@linkcode openLocalPublisher} works with. */
export interface LocalPublisherOptions {
  /** Whether a send resolves only when the service has accepted the event. */
  readonly waitsForAcceptance: boolean;
  /** How long a send, and a close, waits unless it is told. */
  readonly sendTimeoutMs: number;
  /** The most octets of a payload. */
  readonly maxEventBytes: number;
  /** The time. */
  readonly clock: Clock;
  /** Where to report to. */
  readonly log: Logger;
}

/** A service that is there, and nobody to ask for so long, is one that does not answer. */
const PATIENCE_MS = 1_000;
/** A restart of the service leaves no more in doubt than what was sent in so much time. */
const PAUSE_MS = 100;

/**
 * Opens a driver's publisher to the service of this host, and asks that what it accepts, where the
 * driver has a way to ask; otherwise it is the driver's publisher as it is.
 */
export async function openLocalPublisher(
  driver: PubSubDriver,
  options: LocalPublisherOptions,
): Promise<FramePublisher> {
  const frames = await driver.openPublisher();
  if (driver.requests === undefined) return frames;
  return new LocalPublisher(frames, driver.requests, options);
}

interface Outlet {
  readonly span: SentSpan;
  readonly frames: FramePublisher;
}

/**
 * A publisher whose events carry an id and numbers of its own, and which learns from the service
 * what became of them. {@linkcode close} tells.
 */
export class LocalPublisher implements FramePublisher {
  readonly #frames: FramePublisher;
  readonly #options: LocalPublisherOptions;
  readonly #client: AcceptanceClient;
  readonly #watching: Promise<void>;
  #outlet: Outlet;
  #closing: Promise<PublisherReport> | undefined;

  /**
   * Nothing is sent or asked yet.
   *
   * @param frames a driver's publisher, which is closed with this one
   * @param requests how to ask the service that it sends to
   */
  constructor(frames: FramePublisher, requests: RequestReply, options: LocalPublisherOptions) {
    const { clock, log, sendTimeoutMs, waitsForAcceptance } = options;
    this.#frames = frames;
    this.#options = options;
    this.#client = new AcceptanceClient({
      openRequester: () => requests.openRequester(),
      newId: () => crypto.randomUUID(),
      patienceMs: Math.min(PATIENCE_MS, sendTimeoutMs),
      pauseMs: waitsForAcceptance ? 0 : PAUSE_MS,
      address: frames.address,
      clock,
      log,
    });
    this.#outlet = this.#newOutlet();
    this.#watching = this.#watch();
  }

  /** Where the driver sends to. */
  get address(): string {
    return this.#frames.address;
  }

  /** That of the driver. */
  get health(): AsyncIterable<HealthEvent> {
    return this.#frames.health;
  }

  /** The driver's, stamped and counted. */
  trySend(topic: string, payload: Uint8Array): boolean {
    return this.#current().frames.trySend(topic, payload);
  }

  /** The same: there is one subscriber. */
  trySendToAll(topic: string, payload: Uint8Array): boolean {
    return this.#current().frames.trySendToAll(topic, payload);
  }

  /**
   * Sends an event and waits until the transport has taken it; if so opened, until the service has
   * accepted it, or it is known for one that does not tell.
   *
   * @throws {DriverError} what the driver throws, `SEND_TIMEOUT` when the event was not accepted in
   * time, and `TRANSPORT_FAILED` when nobody can tell any more whether it was, or it was refused
   */
  async send(topic: string, payload: Uint8Array, options: WaitOptions = {}): Promise<void> {
    const { clock, sendTimeoutMs, waitsForAcceptance } = this.#options;
    const { span, frames } = this.#current();
    const bounds = { timeoutMs: sendTimeoutMs, ...options };
    const deadline = clock.monotonic() + bounds.timeoutMs;
    const before = span.sent;
    const sending = frames.send(topic, payload, bounds);
    // An event that is taken at once is the last one by now; later others may have followed it, and
    // to wait for one of those is to wait for it as well.
    const seq = span.sent > before ? span.sent : undefined;
    await sending;
    if (!waitsForAcceptance) return;
    const timeoutMs = Math.max(1, deadline - clock.monotonic());
    await this.#client.accepted(span, { ...bounds, seq: seq ?? span.sent, timeoutMs });
  }

  /** Closes after at most `timeoutMs` for what is on its way, and tells what is known of it. */
  close({ timeoutMs }: { readonly timeoutMs?: number } = {}): Promise<PublisherReport> {
    return this.#closing ??= this.#close(timeoutMs ?? this.#options.sendTimeoutMs);
  }

  async #close(timeoutMs: number): Promise<PublisherReport> {
    const [{ flushed }, acceptance] = await Promise.all([
      this.#frames.close({ timeoutMs }),
      this.#client.settle(timeoutMs),
    ]);
    await this[Symbol.asyncDispose]();
    return { flushed, acceptance };
  }

  /** Closes all of it at once. Disposing twice is fine. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([
      this.#frames[Symbol.asyncDispose](),
      this.#client[Symbol.asyncDispose](),
    ]);
    await this.#watching;
  }

  #current(): Outlet {
    if (this.#outlet.span !== this.#client.span) this.#outlet = this.#newOutlet();
    return this.#outlet;
  }

  #newOutlet(): Outlet {
    const { clock, maxEventBytes } = this.#options;
    const { span } = this.#client;
    const counted = new CountedFrames(this.#frames, () => this.#client.noteSent(span));
    const id = span.publisher;
    return { span, frames: new PositionedPublisher(counted, { id, clock, maxEventBytes }) };
  }

  async #watch(): Promise<void> {
    for await (const { kind } of this.#frames.health) {
      if (kind === "connected") this.#client.connected();
      if (kind === "disconnected") this.#client.disconnected();
    }
  }
}
