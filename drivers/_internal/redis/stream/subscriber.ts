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
import { redisError } from "../errors.ts";
import { redisUser } from "../settings.ts";
import { SessionKeeper } from "../pubsub/keeper.ts";
import { Liveness } from "../pubsub/liveness.ts";
import { redisReceiveQueue, redisReceiveQueueBytes } from "../pubsub/options.ts";
import { FrameQueue } from "../pubsub/queue.ts";
import { StreamCursor } from "./cursor.ts";
import { StreamFrame } from "./frame.ts";
import { parseSince } from "./position.ts";
import type { StreamReaderHooks } from "./reader.ts";
import type { StreamEntry } from "./replies.ts";
import { StreamSession } from "./session.ts";
import { streamKey } from "./topic.ts";

/**
 * Reads streams of a Redis server, each topic from where it was left: whatever interrupts the flow,
 * what was missed follows. Only what the server itself has forgotten is lost, and told as a `gap`.
 */
export class RedisStreamSubscriber implements FrameSubscriber {
  readonly boundAddress = undefined;
  readonly health = new Broadcast<HealthEvent>();
  readonly #log: DriverContext["log"];
  readonly #user: string | undefined;
  #address = "";
  readonly #maxEventBytes: number;
  readonly #checks: FrameChecks;
  readonly #queue: FrameQueue;
  readonly #keeper: SessionKeeper<StreamSession>;
  readonly #changed = new Notifier();
  readonly #cursors = new Map<string, StreamCursor>();
  #liveness = new Liveness(this.health, "");
  #dropped = 0;
  #lastError: unknown;
  #disposed: Promise<void> | undefined;

  /** @throws {DriverError} `TRANSPORT_FAILED` */
  static async open(context: DriverContext): Promise<RedisStreamSubscriber> {
    const subscriber = new RedisStreamSubscriber(context);
    const first = await StreamSession.open(context, subscriber.#hooks());
    subscriber.#address = first.address;
    subscriber.#liveness = new Liveness(subscriber.health, first.address);
    subscriber.#keeper.startWith(first);
    return subscriber;
  }

  private constructor(context: DriverContext) {
    const { settings, log } = context;
    this.#log = log;
    this.#user = redisUser(settings);
    this.#maxEventBytes = settings.get(pubSubMaxEventBytes);
    this.#checks = new FrameChecks(this.#maxEventBytes);
    this.#queue = new FrameQueue({
      maxFrames: settings.get(redisReceiveQueue),
      maxOctets: settings.get(redisReceiveQueueBytes),
      onEmpty: () => {},
    });
    this.#keeper = new SessionKeeper({
      open: () => StreamSession.open(context, this.#hooks()),
      onUp: (session) => this.#onUp(session),
      onDown: (reason) => this.#onDown(reason),
      onFailure: (error) => this.#lastError = error,
    });
  }

  #hooks(): StreamReaderHooks {
    return {
      untilRoom: () => this.#queue.untilRoom(),
      onEntries: (cursor, entries, base) => this.#onEntries(cursor, entries, base),
      onGap: ({ topic }, reason) => this.#onGap(topic, reason),
      onChange: () => this.#onChange(),
      onRefusal: (cursor, error) => this.#onRefusal(cursor, error),
    };
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
    const from = parseSince(since);
    if (this.#cursors.has(topic)) return;
    const cursor = new StreamCursor(topic, streamKey(topic), from);
    this.#cursors.set(topic, cursor);
    this.#keeper.session?.add(cursor);
  }

  unregisterTopic(topic: string): void {
    const cursor = this.#cursors.get(topic);
    if (cursor === undefined) return;
    this.#cursors.delete(topic);
    this.#keeper.session?.delete(cursor);
  }

  async ready(options: WaitOptions = {}): Promise<void> {
    const isOver = () =>
      this.#queue.isClosed || this.#refusal() !== undefined || this.#all("behind", "level");
    const inTime = await this.#changed.until(isOver, options);
    this.#queue.refuseWhenClosed();
    const refusal = this.#refusal();
    if (refusal !== undefined) throw refusal;
    if (inTime) return;
    const message = `Not subscribed after ${options.timeoutMs} ms at "${this.#address}"`;
    throw new DriverError("SEND_TIMEOUT", message, { cause: this.#lastError });
  }

  #all(...states: StreamCursor["state"][]): boolean {
    return [...this.#cursors.values()].every(({ state }) => states.includes(state));
  }

  #refusal(): DriverError | undefined {
    return [...this.#cursors.values()].find(({ state }) => state === "refused")?.refusal;
  }

  batches(): AsyncIterable<readonly Frame[]> {
    return this.#queue.batches();
  }

  async stop(options: WaitOptions = {}): Promise<StopReport> {
    await this.#keeper.session?.catchUp(options);
    return { drained: await this.#queue.stop(options) };
  }

  #onUp(session: StreamSession): void {
    this.health.publish({ kind: "connected", address: this.#address });
    for (const cursor of this.#cursors.values()) session.add(cursor);
    this.#onChange();
  }

  #onDown(reason: string): void {
    this.#lastError = new Error(reason);
    for (const cursor of this.#cursors.values()) cursor.state = "unplaced";
    this.#liveness.down(reason);
  }

  #onChange(): void {
    if (this.#keeper.session !== undefined && this.#isHearing()) this.#liveness.up();
    this.#changed.notify();
  }

  /** Whether every topic is read that may be, and not all are refused; none is enough after a loss. */
  #isHearing(): boolean {
    if (this.#cursors.size === 0) return this.#liveness.isInterrupted;
    return this.#all("behind", "level", "refused") && !this.#all("refused");
  }

  #onGap(topic: string, reason: string): void {
    this.#log.warn(`Events of topic "${topic}" are lost: ${reason}`);
    this.health.publish({ kind: "gap", address: this.#address, topic, reason });
  }

  #onRefusal(cursor: StreamCursor, error: Error): void {
    const refusal = redisError(`read topic "${cursor.topic}"`, error, {
      code: "TRANSPORT_FAILED",
      label: this.#address,
      username: this.#user,
    });
    if (cursor.refusal === undefined) this.#log.error(refusal.message);
    cursor.refusal = refusal;
  }

  #onEntries(
    cursor: StreamCursor,
    entries: readonly StreamEntry[],
    base: number | undefined,
  ): void {
    if (this.#cursors.get(cursor.topic) !== cursor) return;
    const reading = { topic: cursor.topic, run: cursor.position?.run, base };
    entries.forEach(({ id, payload }, index) => {
      if (payload === undefined) this.#drop("frame-count");
      else if (payload.length > this.#maxEventBytes) this.#drop("frame-too-large");
      else this.#queue.add(new StreamFrame(payload, { id, reading, offset: index + 1 }));
    });
  }

  #drop(reason: DropReason): void {
    this.#dropped++;
    this.health.publish({ kind: "dropped", reason, total: this.#dropped });
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
