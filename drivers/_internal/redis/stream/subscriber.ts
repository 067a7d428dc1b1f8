import type { DriverError } from "../../../contract/errors.ts";
import type { DriverContext, Frame, TopicOptions } from "../../../contract/pubsub.ts";
import { LATE_TOPIC } from "../../late_topic.ts";
import { redisError } from "../errors.ts";
import { ReadingEnd } from "../pubsub/reading_end.ts";
import { redisUser } from "../settings.ts";
import { ownSession } from "../../zmtp/options.ts";
import { NODES_SLOT } from "./applied_record.ts";
import { AppliedReporter } from "./applied_reporter.ts";
import { StreamCursor } from "./cursor.ts";
import type { StreamReaderHooks } from "./reader.ts";
import type { StreamEntry } from "./replies.ts";
import { StreamSession } from "./session.ts";
import { streamKey } from "./topic.ts";
import { TopicFinder } from "./topic_finder.ts";

const NOTHING = new Uint8Array(0);

/**
 * Reads streams of a Redis server, each topic from its last position: after any interruption the
 * missed events follow. Only events that the server itself has trimmed or lost are lost; then a
 * frame says so with its `gap`.
 */
export class RedisStreamSubscriber extends ReadingEnd<StreamSession> {
  readonly #user: string | undefined;
  readonly #cursors = new Map<string, StreamCursor>();
  readonly #applied: AppliedReporter;
  /** Registers every topic, if all are wanted. */
  #finder: TopicFinder | undefined;
  /** Whether the server has been told that every topic is live. */
  #isReported = false;

  /** @throws {DriverError} `TRANSPORT_FAILED` */
  static async open(context: DriverContext): Promise<RedisStreamSubscriber> {
    const subscriber = new RedisStreamSubscriber(context);
    subscriber.startWith(await StreamSession.open(context, subscriber.#hooks()));
    return subscriber;
  }

  private constructor(context: DriverContext) {
    super(context, () => StreamSession.open(context, this.#hooks()));
    this.#user = redisUser(context.settings);
    this.#applied = new AppliedReporter({
      own: ownSession(context.settings),
      log: context.log,
      redis: () => this.session?.redis(NODES_SLOT),
      positions: () => this.#cursors.values().map((cursor) => [cursor.topic, cursor.position?.id]),
    });
  }

  markApplied(frames: number): void {
    this.#applied.noteApplied(frames);
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    this.#finder?.[Symbol.dispose]();
    await this.#applied.close();
    await super[Symbol.asyncDispose]();
  }

  #hooks(): StreamReaderHooks {
    return {
      untilRoom: () => this.queue.untilRoom(),
      onEntries: (cursor, entries, base) => this.#onEntries(cursor, entries, base),
      onGap: (cursor, gap) => this.#addMark(cursor, { gap }),
      onPast: (cursor, past) => this.#addMark(cursor, { past }),
      onChange: () => {
        this.onChange();
        if (this.#isReported || !this.isReady) return;
        this.#isReported = true;
        this.#applied.noteLive();
      },
      onRefusal: (cursor, error) => this.#onRefusal(cursor, error),
    };
  }

  registerTopic(topic: string, options: TopicOptions = {}): void {
    this.checkTopic(topic);
    const cursor = new StreamCursor(topic, streamKey(topic), options);
    if (this.#cursors.has(topic)) return;
    this.#cursors.set(topic, cursor);
    if (this.isInterrupted) cursor.miss(LATE_TOPIC.unconnected);
    this.#isReported = false;
    this.session?.add(cursor);
  }

  /** By looking for streams; a topic that begins later is read from its beginning. */
  registerAllTopics(): void {
    this.queue.refuseWhenClosed();
    this.#finder ??= new TopicFinder({
      servers: () => this.session?.servers ?? [],
      onTopic: (topic, isNew) => this.#onTopic(topic, isNew),
      onLook: () => this.onChange(),
      refusalOf: (error) => this.#refusalOf("list the topics", error),
    });
  }

  #onTopic(topic: string, isNew: boolean): void {
    try {
      this.registerTopic(topic, { since: isNew ? "start" : "now" });
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.drop("topic-invalid");
    }
  }

  unregisterTopic(topic: string): void {
    const cursor = this.#cursors.get(topic);
    if (cursor === undefined) return;
    this.#cursors.delete(topic);
    this.session?.delete(cursor);
  }

  protected get isReady(): boolean {
    return this.#finder?.hasLooked !== false && this.#all("behind", "level");
  }

  #all(...states: StreamCursor["state"][]): boolean {
    return [...this.#cursors.values()].every(({ state }) => states.includes(state));
  }

  protected get refusal(): DriverError | undefined {
    if (this.#finder?.refusal !== undefined) return this.#finder.refusal;
    return [...this.#cursors.values()].find(({ state }) => state === "refused")?.refusal;
  }

  protected begin(session: StreamSession): void {
    for (const cursor of this.#cursors.values()) session.add(cursor);
    this.#applied.connected();
  }

  protected override onLost(): void {
    for (const cursor of this.#cursors.values()) {
      cursor.state = "unplaced";
      cursor.miss(LATE_TOPIC.cut);
    }
  }

  /** Whether every permitted topic is read, and not all are refused; after a loss this suffices. */
  protected get isSettled(): boolean {
    if (this.#cursors.size === 0) return this.isInterrupted || this.#finder?.hasLooked === true;
    return this.#all("behind", "level", "refused") && !this.#all("refused");
  }

  #addMark(cursor: StreamCursor, mark: Pick<Frame, "gap" | "past">): void {
    const { topic } = cursor;
    if (this.#cursors.get(topic) !== cursor) return;
    this.#add({ topic, payload: NOTHING, ...mark });
  }

  #add(frame: Frame): void {
    this.#applied.noteArrived();
    this.queue.add(frame);
  }

  #onRefusal(cursor: StreamCursor, error: Error): void {
    const refusal = this.#refusalOf(`read topic "${cursor.topic}"`, error);
    if (cursor.refusal === undefined) this.log.error(refusal.message);
    cursor.refusal = refusal;
  }

  #refusalOf(what: string, error: Error): DriverError {
    return redisError(what, error, {
      code: "TRANSPORT_FAILED",
      label: this.address,
      username: this.#user,
    });
  }

  #onEntries(
    cursor: StreamCursor,
    entries: readonly StreamEntry[],
    base: number | undefined,
  ): void {
    if (this.#cursors.get(cursor.topic) !== cursor) return;
    const reading = { topic: cursor.topic, run: cursor.position?.run, base };
    entries.forEach(({ id, payload }, index) => {
      if (payload === undefined) this.drop("frame-count");
      else if (payload.length > this.maxEventBytes) this.drop("frame-too-large");
      else this.#add(new StreamFrame(payload, { id, reading, offset: index + 1 }));
    });
  }
}

/** The common data of the frames of one read. */
interface Reading {
  readonly topic: string;
  /** The run of the server. */
  readonly run: string | undefined;
  /** Number of entries ever added before the first one of the read, if known. */
  readonly base: number | undefined;
}

/** An entry of a stream. Its position is created on demand. */
class StreamFrame implements Frame {
  readonly payload: Uint8Array;
  readonly #id: Uint8Array;
  readonly #reading: Reading;
  readonly #offset: number;

  /** @param offset index of the entry in the read, from 1 */
  constructor(
    payload: Uint8Array,
    { id, reading, offset }: { id: Uint8Array; reading: Reading; offset: number },
  ) {
    this.payload = payload;
    this.#id = id;
    this.#reading = reading;
    this.#offset = offset;
  }

  get topic(): string {
    return this.#reading.topic;
  }

  get position(): string {
    const id = String.fromCharCode(...this.#id);
    const { base, run } = this.#reading;
    return base === undefined || run === undefined ? id : `${id}/${base + this.#offset}/${run}`;
  }
}
