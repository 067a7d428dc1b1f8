import type { DriverError } from "../../../contract/errors.ts";
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
import { redisError } from "../errors.ts";
import { redisUser } from "../settings.ts";
import { SessionKeeper } from "../keeper.ts";
import { Liveness } from "../pubsub/liveness.ts";
import { ReadingEnd } from "../pubsub/reading_end.ts";
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
  readonly #log: DriverContext["log"];
  readonly #user: string | undefined;
  readonly #end: ReadingEnd;
  readonly #keeper: SessionKeeper<StreamSession>;
  readonly #cursors = new Map<string, StreamCursor>();
  #liveness: Liveness;
  #disposed: Promise<void> | undefined;

  /** @throws {DriverError} `TRANSPORT_FAILED` */
  static async open(context: DriverContext): Promise<RedisStreamSubscriber> {
    const subscriber = new RedisStreamSubscriber(context);
    const first = await StreamSession.open(context, subscriber.#hooks());
    subscriber.#end.address = first.address;
    subscriber.#liveness = new Liveness(subscriber.#end.health, first.address);
    subscriber.#keeper.startWith(first);
    return subscriber;
  }

  private constructor(context: DriverContext) {
    this.#log = context.log;
    this.#user = redisUser(context.settings);
    this.#end = new ReadingEnd(context);
    this.#liveness = new Liveness(this.#end.health, "");
    this.#keeper = new SessionKeeper({
      open: () => StreamSession.open(context, this.#hooks()),
      onUp: (session) => this.#onUp(session),
      onDown: (reason) => this.#onDown(reason),
      onFailure: (error) => this.#end.lastError = error,
    });
  }

  #hooks(): StreamReaderHooks {
    return {
      untilRoom: () => this.#end.queue.untilRoom(),
      onEntries: (cursor, entries, base) => this.#onEntries(cursor, entries, base),
      onGap: ({ topic }, reason) => this.#onGap(topic, reason),
      onChange: () => this.#onChange(),
      onRefusal: (cursor, error) => this.#onRefusal(cursor, error),
    };
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

  ready(options: WaitOptions = {}): Promise<void> {
    const isReady = () => this.#all("behind", "level");
    return this.#end.ready({ isReady, refusal: () => this.#refusal() }, options);
  }

  #all(...states: StreamCursor["state"][]): boolean {
    return [...this.#cursors.values()].every(({ state }) => states.includes(state));
  }

  #refusal(): DriverError | undefined {
    return [...this.#cursors.values()].find(({ state }) => state === "refused")?.refusal;
  }

  batches(): AsyncIterable<readonly Frame[]> {
    return this.#end.queue.batches();
  }

  async stop(options: WaitOptions = {}): Promise<StopReport> {
    await this.#keeper.session?.catchUp(options);
    return { drained: await this.#end.queue.stop(options) };
  }

  #onUp(session: StreamSession): void {
    this.#end.health.publish({ kind: "connected", address: this.#end.address });
    for (const cursor of this.#cursors.values()) session.add(cursor);
    this.#onChange();
  }

  #onDown(reason: string): void {
    this.#end.lastError = new Error(reason);
    for (const cursor of this.#cursors.values()) cursor.state = "unplaced";
    this.#liveness.down(reason);
  }

  #onChange(): void {
    if (this.#keeper.session !== undefined && this.#isHearing()) this.#liveness.up();
    this.#end.changed.notify();
  }

  /** Whether every topic is read that may be, and not all are refused; none is enough after a loss. */
  #isHearing(): boolean {
    if (this.#cursors.size === 0) return this.#liveness.isInterrupted;
    return this.#all("behind", "level", "refused") && !this.#all("refused");
  }

  #onGap(topic: string, reason: string): void {
    this.#end.health.publish({ kind: "gap", address: this.#end.address, topic, reason });
  }

  #onRefusal(cursor: StreamCursor, error: Error): void {
    const refusal = redisError(`read topic "${cursor.topic}"`, error, {
      code: "TRANSPORT_FAILED",
      label: this.#end.address,
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
      if (payload === undefined) this.#end.drop("frame-count");
      else if (payload.length > this.#end.maxEventBytes) this.#end.drop("frame-too-large");
      else this.#end.queue.add(new StreamFrame(payload, { id, reading, offset: index + 1 }));
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#disposed ??= this.#end.close(this.#keeper);
  }
}
