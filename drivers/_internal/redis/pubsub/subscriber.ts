import type { Buffer } from "node:buffer";
import type { HealthEvent } from "../../../contract/health.ts";
import type {
  DriverContext,
  Frame,
  FrameSubscriber,
  StopReport,
  SubscriberCounters,
  TopicOptions,
} from "../../../contract/pubsub.ts";
import type { WaitOptions } from "../../../contract/waiting.ts";
import { isHaMessage } from "./ha_message.ts";
import { SessionKeeper } from "../keeper.ts";
import { Liveness } from "./liveness.ts";
import { ReadingEnd } from "./reading_end.ts";
import { ChannelSession } from "./session.ts";
import { TopicCache } from "../../topic_cache.ts";

/** Where reading from the server stops, and where it goes on, as parts of the queue's bounds. */
const PAUSE_FILL = 0.5;
const RESUME_FILL = 0.25;

const LOSS_LINE_MS = 30_000;

/**
 * Hears channels of a Redis server. Each topic is confirmed by the server before it counts as live;
 * whatever interrupts the flow, a slow reader included, is told as one `disconnected` and one
 * `live`, between which events were lost.
 *
 * A reader that cannot keep up makes events wait at the server, up to what that allows
 * (`client-output-buffer-limit pubsub`); a subscriber that exceeds it is thrown out, which it
 * notices as soon as its reader goes on.
 */
export class RedisSubscriber implements FrameSubscriber {
  readonly boundAddress = undefined;
  readonly #log: DriverContext["log"];
  readonly #end: ReadingEnd;
  readonly #keeper: SessionKeeper<ChannelSession>;
  readonly #liveness: Liveness;
  readonly #names = new TopicCache();
  readonly #topics = new Set<string>();
  #lost = 0;
  /** Of those that were lost, the ones that no line has counted yet. */
  #untold = 0;
  #nextLineAt = 0;
  #disposed: Promise<void> | undefined;

  /** @throws {DriverError} `TRANSPORT_FAILED` */
  static async open(
    context: DriverContext,
    { isSharded }: { readonly isSharded: boolean },
  ): Promise<RedisSubscriber> {
    const open = () => ChannelSession.open(context, { isSharded });
    const first = await open();
    const subscriber = new RedisSubscriber(context, first.address, open);
    subscriber.#keeper.startWith(first);
    return subscriber;
  }

  private constructor(
    context: DriverContext,
    address: string,
    open: () => Promise<ChannelSession>,
  ) {
    this.#log = context.log;
    this.#end = new ReadingEnd(context, {
      onEmpty: () => this.#onEmpty(),
      onTaken: () => this.#onTaken(),
    });
    this.#end.address = address;
    this.#liveness = new Liveness(this.#end.health, address);
    this.#keeper = new SessionKeeper({
      open,
      onUp: (session) => this.#onUp(session),
      onDown: (reason) => this.#onDown(reason),
      onFailure: (error) => this.#end.lastError = error,
    });
  }

  get health(): AsyncIterable<HealthEvent> {
    return this.#end.health;
  }

  get counters(): SubscriberCounters {
    return this.#end.counters;
  }

  registerListenAddress(address: string): void {
    this.#end.refuseListenAddress(address);
  }

  unregisterListenAddress(_address: string): void {}

  registerTopic(topic: string, { since = "now" }: TopicOptions = {}): void {
    this.#end.checkTopic(topic);
    if (since !== "now") {
      throw new RangeError(`Topic "${topic}" since "${since}": wanted now, channels keep nothing`);
    }
    if (this.#topics.has(topic)) return;
    this.#topics.add(topic);
    this.#keeper.session?.subscribe(topic);
  }

  unregisterTopic(topic: string): void {
    if (this.#topics.delete(topic)) this.#keeper.session?.unsubscribe(topic);
  }

  ready(options: WaitOptions = {}): Promise<void> {
    const isReady = () => this.#topics.size === 0 || this.#keeper.session?.isConfirmed === true;
    return this.#end.ready({ isReady, refusal: () => this.#keeper.session?.refusal }, options);
  }

  batches(): AsyncIterable<readonly Frame[]> {
    return this.#end.queue.batches();
  }

  async stop(options: WaitOptions = {}): Promise<StopReport> {
    await this.#keeper.session?.fence(options);
    return { drained: await this.#end.queue.stop(options) };
  }

  #onUp(session: ChannelSession): void {
    this.#end.health.publish({ kind: "connected", address: this.#end.address });
    session.onMessage = (channel, payload) => this.#onMessage(channel, payload);
    session.onChange = () => this.#onChange();
    for (const topic of this.#topics) session.subscribe(topic);
    this.#onChange();
  }

  #onDown(reason: string): void {
    this.#end.lastError = new Error(reason);
    this.#liveness.down(reason);
  }

  #onChange(): void {
    const { session } = this.#keeper;
    const isSettled = session?.isSettled === true && this.#lost === 0;
    if (isSettled && (this.#topics.size > 0 || this.#liveness.isInterrupted)) this.#liveness.up();
    this.#end.changed.notify();
  }

  #onMessage(channel: Buffer, octets: Buffer): void {
    const topic = this.#names.text(channel, channel.length);
    if (topic === undefined || !this.#topics.has(topic) || isHaMessage(topic, octets)) return;
    if (octets.length > this.#end.maxEventBytes) return this.#end.drop("frame-too-large");
    if (this.#lost > 0) return this.#lose();
    const payload = new Uint8Array(octets.buffer, octets.byteOffset, octets.length);
    const isTaken = this.#end.queue.push({ topic, payload });
    if (this.#end.queue.fill >= PAUSE_FILL) this.#keeper.session?.pause();
    if (isTaken) return;
    this.#liveness.down(`the reader is too slow: ${this.#end.queue.size} events wait for it`);
    this.#lose();
  }

  /** One more while the reader is too slow: told as a whole when it has caught up. */
  #lose(): void {
    this.#end.dropped++;
    this.#lost++;
  }

  #onTaken(): void {
    if (this.#end.queue.fill <= RESUME_FILL) this.#keeper.session?.resume();
  }

  #onEmpty(): void {
    if (this.#lost === 0) return;
    this.#tellOfLoss();
    this.#lost = 0;
    this.#end.health.publish({ kind: "dropped", reason: "queue-full", total: this.#end.dropped });
    this.#onChange();
  }

  /** A flood may fill the queue many times a second. */
  #tellOfLoss(): void {
    this.#untold += this.#lost;
    const now = performance.now();
    if (now < this.#nextLineAt) return;
    this.#log.warn(`The reader was too slow: ${this.#untold} events from Redis are lost`);
    this.#untold = 0;
    this.#nextLineAt = now + LOSS_LINE_MS;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#disposed ??= this.#end.close(this.#keeper);
  }
}
