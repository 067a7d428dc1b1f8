import { DriverError } from "../../../contract/errors.ts";
import type {
  DriverContext,
  FrameSubscriber,
  ServiceAnnouncement,
  StopReport,
  TopicOptions,
} from "../../../contract/pubsub.ts";
import type { WaitOptions } from "../../../contract/waiting.ts";
import { Notifier } from "../../notifier.ts";
import { EventLoop } from "../../sockets/event_loop.ts";
import { FrameInbox } from "../frame_inbox.ts";
import { Connector, type StreamOptions } from "../../sockets/connector.ts";
import { type Endpoint, parseEndpoint } from "../../sockets/endpoint.ts";
import { tickMs } from "../options.ts";
import { PublisherLink } from "./publisher_link.ts";
import { tls } from "../tls_options.ts";
import { TransportSecurity } from "../transport_security.ts";
import { ALL_TOPICS } from "../wire.ts";
import type { SubscribedTopic } from "./topic_places.ts";

const MAX_NAMED = 3;

/** Follows any number of publishers, on the registered topics. */
export class SubSubscriber extends FrameInbox implements FrameSubscriber {
  readonly boundAddress = undefined;
  readonly #context: DriverContext;
  readonly #links = new Map<string, PublisherLink>();
  readonly #topics = new Map<string, SubscribedTopic>();
  readonly #changed = new Notifier();
  readonly #ticker: ReturnType<typeof setInterval>;
  readonly #security: TransportSecurity | undefined;
  #isStopping = false;

  /**
   * @throws {KernelError} if no descriptor is available
   * @throws {DriverError} `CONFIG_INVALID` or `FILE_UNUSABLE` if a file of TLS is missing or not
   * valid
   */
  static async open(context: DriverContext): Promise<SubSubscriber> {
    return new SubSubscriber(context, await TransportSecurity.open(context, "subscriber"));
  }

  private constructor(context: DriverContext, security: TransportSecurity | undefined) {
    super(context, EventLoop.acquire());
    this.#context = context;
    this.#security = security;
    this.#ticker = setInterval(() => this.#tick(), tickMs(context.settings));
  }

  #tick(): void {
    const now = performance.now();
    for (const link of this.#links.values()) link.tick(now);
  }

  registerListenAddress(address: string): void {
    this.refuseWhenClosed();
    if (this.#links.has(address) || this.#isStopping) return;
    const endpoint = this.#endpointOf(address);
    const link = new PublisherLink(address, this.#topics, {
      connect: (options) => this.#connect(endpoint, options),
      settings: this.#context.settings,
      inbox: this,
      onChange: () => this.#changed.notify(),
    });
    this.#links.set(address, link);
  }

  #connect(endpoint: Endpoint, options: StreamOptions): Connector {
    const security = this.#security;
    if (security === undefined || endpoint.kind !== "tcp" || !endpoint.isSecure) {
      return new Connector(this.loop, endpoint, options);
    }
    return new Connector(this.loop, endpoint, {
      ...options,
      onStream: (stream) => options.onStream(security.connect(stream, endpoint.host)),
    });
  }

  #endpointOf(address: string): Endpoint {
    const endpoint = parseEndpoint(address);
    const isSecure = endpoint.kind === "tcp" && endpoint.isSecure;
    const mode = this.#context.settings.get(tls);
    const refuse = (what: string) => {
      throw new DriverError("ADDRESS_INVALID", `Cannot subscribe to "${address}": ${what}`);
    };
    if (isSecure && mode === "off") {
      refuse("[df_zmq] tls is off, wanted on or required, since the publisher requires TLS");
    }
    if (!isSecure && mode === "required") {
      refuse("[df_zmq] tls is required, wanted a publisher that offers TLS");
    }
    return endpoint;
  }

  unregisterListenAddress(address: string): void {
    this.#links.get(address)?.close();
    this.#links.delete(address);
    this.#changed.notify();
  }

  registerTopic(topic: string, options: TopicOptions = {}): void {
    this.refuseWhenClosed();
    const bytes = this.checks.topic(topic).slice();
    const { since = options.last === undefined ? "now" : "start" } = options;
    const isTime = typeof since === "number" && Number.isSafeInteger(since) && since >= 0;
    if (!isTime && since !== "now" && since !== "start") {
      const wanted = "wanted now, start or Unix milliseconds: frames have no position here";
      throw new RangeError(`Topic "${topic}" since "${since}": ${wanted}`);
    }
    const past = since === "now" ? undefined : options;
    if (this.#topics.has(topic)) return;
    this.#topics.set(topic, { bytes, past });
    for (const link of this.#links.values()) link.addTopic(topic, { bytes, past });
  }

  /** As any subscriber of ZeroMQ does: by the empty prefix, and without our session. */
  registerAllTopics(): void {
    this.refuseWhenClosed();
    this.#topics.set(ALL_TOPICS, { bytes: new Uint8Array() });
  }

  unregisterTopic(topic: string): void {
    if (!this.#topics.delete(topic)) return;
    for (const link of this.#links.values()) link.removeTopic(topic);
  }

  async ready(
    { addresses, ...bounds }: WaitOptions & { readonly addresses?: readonly string[] } = {},
  ): Promise<void> {
    this.refuseWhenClosed();
    const missing = () =>
      [...this.#links.values()].filter((link) =>
        !link.isLive && (addresses === undefined || addresses.includes(link.address))
      );
    const isLive = await this.#changed.until(() => {
      this.refuseWhenClosed();
      return missing().length === 0;
    }, bounds);
    if (isLive) return;
    const names = missing().map(({ address, failure }) =>
      failure === undefined ? address : `${address} (${failure})`
    );
    const more = names.length > MAX_NAMED ? ` and ${names.length - MAX_NAMED} more` : "";
    const waited = `waited ${(bounds.timeoutMs ?? 0) / 1000} s`;
    const what = `Not live: ${names.slice(0, MAX_NAMED).join(", ")}${more}: ${waited}`;
    throw new DriverError("SEND_TIMEOUT", what);
  }

  announcementOf(address: string): ServiceAnnouncement | undefined {
    return this.#links.get(address)?.session?.announcement;
  }

  failureOf(address: string): string | undefined {
    return this.#links.get(address)?.failure;
  }

  protected get hasMore(): boolean {
    return this.#links.values().some((link) => link.isReading);
  }

  markApplied(frames: number): void {
    this.applied = frames;
    for (const link of this.#links.values()) link.noteApplied();
  }

  override stop(options?: WaitOptions): Promise<StopReport> {
    this.#isStopping = true;
    for (const link of this.#links.values()) link.finish();
    return super.stop(options);
  }

  protected closeAll(): void {
    void this.#security?.[Symbol.asyncDispose]();
    clearInterval(this.#ticker);
    for (const link of this.#links.values()) link.close();
    this.#changed.notify();
  }
}
