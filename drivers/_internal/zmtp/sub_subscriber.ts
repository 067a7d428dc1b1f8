import { DriverError } from "../../contract/errors.ts";
import type { HealthEvent } from "../../contract/health.ts";
import { pubSubMaxEventBytes } from "../../contract/options.ts";
import type {
  DriverContext,
  Frame,
  FrameSubscriber,
  ServiceAnnouncement,
  StopReport,
  SubscriberCounters,
  TopicOptions,
} from "../../contract/pubsub.ts";
import type { WaitOptions } from "../../contract/waiting.ts";
import { FrameChecks } from "../frame_checks.ts";
import { Notifier } from "../notifier.ts";
import { EventLoop } from "../sockets/event_loop.ts";
import { FrameInbox } from "./frame_inbox.ts";
import { tickMs } from "./options.ts";
import { PublisherLink } from "./publisher_link.ts";

const MAX_NAMED = 3;

/** Follows any number of publishers, on the topics that are registered. */
export class SubSubscriber implements FrameSubscriber {
  readonly boundAddress = undefined;
  readonly #context: DriverContext;
  readonly #loop: EventLoop;
  readonly #checks: FrameChecks;
  readonly #inbox: FrameInbox;
  readonly #links = new Map<string, PublisherLink>();
  readonly #topics = new Map<string, Uint8Array<ArrayBuffer>>();
  readonly #changed = new Notifier();
  readonly #ticker: ReturnType<typeof setInterval>;
  #isStopping = false;
  #disposed: Promise<void> | undefined;

  /** @throws {KernelError} when there is no descriptor for it */
  constructor(context: DriverContext) {
    this.#context = context;
    this.#loop = EventLoop.acquire();
    this.#checks = new FrameChecks(context.settings.get(pubSubMaxEventBytes));
    this.#inbox = new FrameInbox(this.#loop);
    this.#ticker = setInterval(() => this.#tick(), tickMs(context.settings));
  }

  #tick(): void {
    const now = performance.now();
    for (const link of this.#links.values()) link.tick(now);
  }

  get health(): AsyncIterable<HealthEvent> {
    return this.#inbox.health;
  }

  get counters(): SubscriberCounters {
    return this.#inbox.counters;
  }

  registerListenAddress(address: string): void {
    this.#refuseWhenClosed();
    if (this.#links.has(address) || this.#isStopping) return;
    const link = new PublisherLink(address, this.#topics, {
      loop: this.#loop,
      settings: this.#context.settings,
      inbox: this.#inbox,
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
    this.#refuseWhenClosed();
    const bytes = this.#checks.topic(topic).slice();
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
    this.#refuseWhenClosed();
    const missing = () =>
      [...this.#links.values()].filter((link) =>
        !link.isLive && (addresses === undefined || addresses.includes(link.address))
      );
    const isLive = await this.#changed.until(() => {
      this.#refuseWhenClosed();
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

  #refuseWhenClosed(): void {
    if (this.#disposed !== undefined) throw new DriverError("CLOSED", "The subscriber is closed");
  }

  announcementOf(address: string): ServiceAnnouncement | undefined {
    return this.#links.get(address)?.session?.announcement;
  }

  batches(): AsyncIterable<readonly Frame[]> {
    const isReading = () => [...this.#links.values()].some((link) => link.isReading);
    return this.#inbox.batches(undefined, isReading);
  }

  markApplied(frames: number): void {
    this.#inbox.applied = frames;
    for (const link of this.#links.values()) link.noteApplied();
  }

  async stop(options: WaitOptions = {}): Promise<StopReport> {
    this.#isStopping = true;
    for (const link of this.#links.values()) link.finish();
    return { drained: await this.#inbox.stop(options) };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#disposed ??= this.#dispose();
  }

  async #dispose(): Promise<void> {
    clearInterval(this.#ticker);
    for (const link of this.#links.values()) link.close();
    this.#inbox.close();
    this.#changed.notify();
    await this.#loop.release();
  }
}
