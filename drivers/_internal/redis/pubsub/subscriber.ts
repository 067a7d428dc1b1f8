import type { Buffer } from "node:buffer";
import { Broadcast } from "../../../contract/channel.ts";
import { DriverError } from "../../../contract/errors.ts";
import type { DropReason, HealthEvent } from "../../../contract/health.ts";
import { pubSubMaxEventBytes } from "../../../contract/options.ts";
import type {
  DriverContext,
  Frame,
  FrameSubscriber,
  StopReport,
  SubscriberCounters,
  TopicOptions,
  WaitOptions,
} from "../../../contract/pubsub.ts";
import { FrameChecks } from "../../frame_checks.ts";
import { Notifier } from "../../notifier.ts";
import { isHaMessage } from "./ha_message.ts";
import { SessionKeeper } from "./keeper.ts";
import { Liveness } from "./liveness.ts";
import { redisReceiveQueue, redisReceiveQueueBytes } from "./options.ts";
import { FrameQueue } from "./queue.ts";
import { ChannelSession } from "./session.ts";
import { TopicCache } from "../../topic_cache.ts";

/** Where reading from the server stops, and where it goes on, as parts of the queue's bounds. */
const PAUSE_FILL = 0.5;
const RESUME_FILL = 0.25;

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
  readonly health = new Broadcast<HealthEvent>();
  readonly #log: DriverContext["log"];
  readonly #address: string;
  readonly #maxEventBytes: number;
  readonly #checks: FrameChecks;
  readonly #queue: FrameQueue;
  readonly #keeper: SessionKeeper<ChannelSession>;
  readonly #liveness: Liveness;
  readonly #changed = new Notifier();
  readonly #names = new TopicCache();
  readonly #topics = new Set<string>();
  #dropped = 0;
  #lost = 0;
  #lastError: unknown;
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
    { settings, log }: DriverContext,
    address: string,
    open: () => Promise<ChannelSession>,
  ) {
    this.#log = log;
    this.#address = address;
    this.#maxEventBytes = settings.get(pubSubMaxEventBytes);
    this.#checks = new FrameChecks(this.#maxEventBytes);
    this.#liveness = new Liveness(this.health, address);
    this.#queue = new FrameQueue({
      maxFrames: settings.get(redisReceiveQueue),
      maxOctets: settings.get(redisReceiveQueueBytes),
      onEmpty: () => this.#onEmpty(),
      onTaken: () => this.#onTaken(),
    });
    this.#keeper = new SessionKeeper({
      open,
      onUp: (session) => this.#onUp(session),
      onDown: (reason) => this.#onDown(reason),
      onFailure: (error) => this.#lastError = error,
    });
  }

  get counters(): SubscriberCounters {
    return { received: this.#queue.received, dropped: this.#dropped };
  }

  registerListenAddress(address: string): void {
    const why = `its events come from the broker "${this.#address}"`;
    throw new DriverError("ADDRESS_INVALID", `Cannot subscribe to "${address}": ${why}`);
  }

  unregisterListenAddress(_address: string): void {}

  registerTopic(topic: string, { since = "now" }: TopicOptions = {}): void {
    this.#queue.refuseWhenClosed();
    this.#checks.topic(topic);
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

  async ready(options: WaitOptions = {}): Promise<void> {
    const isOver = () => this.#queue.isClosed || this.#refusal() !== undefined || this.#isReady();
    const inTime = await this.#changed.until(isOver, options);
    this.#queue.refuseWhenClosed();
    const refusal = this.#refusal();
    if (refusal !== undefined) throw refusal;
    if (inTime) return;
    const message = `Not subscribed after ${options.timeoutMs} ms at "${this.#address}"`;
    throw new DriverError("SEND_TIMEOUT", message, { cause: this.#lastError });
  }

  #isReady(): boolean {
    return this.#topics.size === 0 || this.#keeper.session?.isConfirmed === true;
  }

  #refusal(): DriverError | undefined {
    return this.#keeper.session?.refusal;
  }

  batches(): AsyncIterable<readonly Frame[]> {
    return this.#queue.batches();
  }

  async stop(options: WaitOptions = {}): Promise<StopReport> {
    await this.#keeper.session?.fence(options);
    return { drained: await this.#queue.stop(options) };
  }

  #onUp(session: ChannelSession): void {
    this.health.publish({ kind: "connected", address: this.#address });
    session.onMessage = (channel, payload) => this.#onMessage(channel, payload);
    session.onChange = () => this.#onChange();
    for (const topic of this.#topics) session.subscribe(topic);
    this.#onChange();
  }

  #onDown(reason: string): void {
    this.#lastError = new Error(reason);
    this.#liveness.down(reason);
  }

  #onChange(): void {
    const { session } = this.#keeper;
    const isSettled = session?.isSettled === true && this.#lost === 0;
    if (isSettled && (this.#topics.size > 0 || this.#liveness.isInterrupted)) this.#liveness.up();
    this.#changed.notify();
  }

  #onMessage(channel: Buffer, octets: Buffer): void {
    const topic = this.#names.text(channel, channel.length);
    if (topic === undefined || !this.#topics.has(topic) || isHaMessage(topic, octets)) return;
    if (octets.length > this.#maxEventBytes) return this.#drop("frame-too-large");
    if (this.#lost > 0) return this.#lose();
    const payload = new Uint8Array(octets.buffer, octets.byteOffset, octets.length);
    const isTaken = this.#queue.push({ topic, payload });
    if (this.#queue.fill >= PAUSE_FILL) this.#keeper.session?.pause();
    if (isTaken) return;
    this.#liveness.down(`the reader is too slow: ${this.#queue.size} events wait for it`);
    this.#lose();
  }

  #drop(reason: DropReason): void {
    this.#dropped++;
    this.health.publish({ kind: "dropped", reason, total: this.#dropped });
  }

  /** One more while the reader is too slow: told as a whole when it has caught up. */
  #lose(): void {
    this.#dropped++;
    this.#lost++;
  }

  #onTaken(): void {
    if (this.#queue.fill <= RESUME_FILL) this.#keeper.session?.resume();
  }

  #onEmpty(): void {
    if (this.#lost === 0) return;
    this.#log.warn(`The reader was too slow: ${this.#lost} events from Redis are lost`);
    this.#lost = 0;
    this.health.publish({ kind: "dropped", reason: "queue-full", total: this.#dropped });
    this.#onChange();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#disposed ??= this.#dispose();
  }

  async #dispose(): Promise<void> {
    this.#queue.close();
    this.#changed.notify();
    await this.#keeper.close();
    this.health.close();
  }
}
