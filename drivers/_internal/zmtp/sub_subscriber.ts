import { DriverError } from "../../contract/errors.ts";
import type {
  DriverContext,
  FrameSubscriber,
  ServiceAnnouncement,
  StopReport,
  TopicOptions,
} from "../../contract/pubsub.ts";
import type { WaitOptions } from "../../contract/waiting.ts";
import { Notifier } from "../notifier.ts";
import { EventLoop } from "../sockets/event_loop.ts";
import { FrameInbox } from "./frame_inbox.ts";
import { tickMs } from "./options.ts";
import { PublisherLink } from "./publisher_link.ts";

const MAX_NAMED = 3;

/** Follows any number of publishers, on the registered topics. */
export class SubSubscriber extends FrameInbox implements FrameSubscriber {
  readonly boundAddress = undefined;
  readonly #context: DriverContext;
  readonly #links = new Map<string, PublisherLink>();
  readonly #topics = new Map<string, Uint8Array<ArrayBuffer>>();
  readonly #changed = new Notifier();
  readonly #ticker: ReturnType<typeof setInterval>;
  #isStopping = false;

  /** @throws {KernelError} if no descriptor is available */
  constructor(context: DriverContext) {
    super(context, EventLoop.acquire());
    this.#context = context;
    this.#ticker = setInterval(() => this.#tick(), tickMs(context.settings));
  }

  #tick(): void {
    const now = performance.now();
    for (const link of this.#links.values()) link.tick(now);
  }

  registerListenAddress(address: string): void {
    this.refuseWhenClosed();
    if (this.#links.has(address) || this.#isStopping) return;
    const link = new PublisherLink(address, this.#topics, {
      loop: this.loop,
      settings: this.#context.settings,
      inbox: this,
      onChange: () => this.#changed.notify(),
    });
    this.#links.set(address, link);
  }

  unregisterListenAddress(address: string): void {
    this.#links.get(address)?.close();
    this.#links.delete(address);
    this.#changed.notify();
  }

  registerTopic(topic: string, { since = "now" }: TopicOptions = {}): void {
    this.refuseWhenClosed();
    const bytes = this.checks.topic(topic).slice();
    if (since !== "now") {
      throw new RangeError(`Topic "${topic}" since "${since}": wanted now, nothing older is kept`);
    }
    if (this.#topics.has(topic)) return;
    this.#topics.set(topic, bytes);
    for (const link of this.#links.values()) link.addTopic(topic, bytes);
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
    clearInterval(this.#ticker);
    for (const link of this.#links.values()) link.close();
    this.#changed.notify();
  }
}
