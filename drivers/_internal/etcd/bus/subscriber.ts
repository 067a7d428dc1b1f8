import { Backoff } from "../../../contract/backoff.ts";
import { DriverError } from "../../../contract/errors.ts";
import type {
  DriverContext,
  PastMark,
  SubscriberOpenOptions,
  TopicOptions,
} from "../../../contract/pubsub.ts";
import { pause, waitFor, type WaitOptions } from "../../../contract/waiting.ts";
import { BrokerSubscriber } from "../../broker/broker_subscriber.ts";
import { LATE_TOPIC } from "../../late_topic.ts";
import { Notifier } from "../../notifier.ts";
import type { EtcdClient } from "../client.ts";
import { EtcdRefusal, explainEtcd } from "../errors.ts";
import { readRanges } from "../range_readings.ts";
import type { EtcdEvent } from "../watch.ts";
import { EtcdWatcher } from "../watcher.ts";
import { openBusClient } from "./bus_client.ts";
import { findStart, type TopicStart } from "./past_search.ts";
import { type EtcdBeginning, parseBeginning } from "./position.ts";
import { TopicCursor } from "./topic_cursor.ts";

const CATCH_UP_TIMEOUT_MS = 1_000;
const FIRST_PAUSE_MS = 100;
const MAX_PAUSE_MS = 5_000;
const QUEUE = { maxFrames: 100_000, maxBytes: 256 * 1024 * 1024 };
const NOTHING = new Uint8Array(0);

/**
 * Watches the keys of topics, each from the last revision that it has: after any interruption the
 * missed events follow. Only events that were compacted are lost; then a frame says so with its
 * `gap`.
 */
export class EtcdSubscriber extends BrokerSubscriber {
  readonly #client: EtcdClient;
  readonly #watcher: EtcdWatcher;
  readonly #cursors = new Map<string, TopicCursor>();
  readonly #taken = new Notifier();
  readonly #sentAt: (payload: Uint8Array) => number | undefined;
  readonly #closing = new AbortController();
  /** Running searches for the beginnings of topics. */
  readonly #searches = new Set<Promise<void>>();

  /** @throws {DriverError} `TRANSPORT_FAILED` */
  static async open(
    context: DriverContext,
    options: SubscriberOpenOptions = {},
  ): Promise<EtcdSubscriber> {
    return new EtcdSubscriber(context, await openBusClient(context), options);
  }

  private constructor(context: DriverContext, client: EtcdClient, options: SubscriberOpenOptions) {
    super(context, QUEUE);
    this.address = client.label;
    this.#client = client;
    this.#sentAt = options.sentAt ?? (() => undefined);
    this.#watcher = new EtcdWatcher({ client, untilRoom: () => this.queue.untilRoom() });
  }

  registerTopic(topic: string, options: TopicOptions = {}): void {
    this.checkTopic(topic);
    const beginning = parseBeginning(options);
    if (!this.#cursors.has(topic)) this.#add(topic, beginning);
  }

  registerAllTopics(): void {
    this.#add("");
  }

  #add(topic: string, beginning?: EtcdBeginning): void {
    const cursor = new TopicCursor(topic, beginning);
    this.#cursors.set(topic, cursor);
    if (this.isInterrupted) cursor.miss(LATE_TOPIC.unconnected);
    if (beginning === undefined) return this.#begin(cursor, {});
    const search = this.#search(cursor, beginning).finally(() => this.#searches.delete(search));
    this.#searches.add(search);
  }

  /** Searches for the beginning of a topic, and retries until it is found. */
  async #search(cursor: TopicCursor, beginning: EtcdBeginning): Promise<void> {
    const { signal } = this.#closing;
    const backoff = new Backoff({ firstMs: FIRST_PAUSE_MS, maxMs: MAX_PAUSE_MS });
    const options = {
      ...{ client: this.#client, sentAt: this.#sentAt, signal, beginning },
      key: cursor.range.key,
      onHead: () => this.#noteLive(cursor),
    };
    do {
      try {
        const start = await findStart(options);
        if (this.#has(cursor)) this.#begin(cursor, start);
        return;
      } catch (thrown) {
        if (signal.aborted) return;
        if (thrown instanceof EtcdRefusal) this.#onRefused(cursor, thrown);
        else this.#onLost(cursor, explainEtcd(thrown));
      }
    } while (this.#has(cursor) && await pause(backoff.next(), signal));
  }

  #has(cursor: TopicCursor): boolean {
    return this.#cursors.get(cursor.topic) === cursor;
  }

  #begin(cursor: TopicCursor, start: TopicStart): void {
    const watch = cursor.begin(start, {
      onEvents: (events) => this.#onEvents(cursor, events),
      onLive: () => this.#onLive(cursor),
      onLost: (reason) => this.#onLost(cursor, reason),
      onGap: (reason) => this.#onGap(cursor, reason),
      onRefused: (error) => this.#onRefused(cursor, error),
    });
    if (start.past !== undefined) this.#mark(cursor, { kind: "start", ...start.past });
    if (start.first !== undefined) this.#onEvents(cursor, [{ kv: start.first }]);
    this.#watcher.add(watch);
  }

  unregisterTopic(topic: string): void {
    const cursor = this.#cursors.get(topic);
    if (cursor === undefined) return;
    this.#cursors.delete(topic);
    if (cursor.watch !== undefined) this.#watcher.delete(cursor.watch);
    this.onChange();
  }

  protected readonly isConnected = true;

  protected get isReady(): boolean {
    return this.#all("live");
  }

  protected get isSettled(): boolean {
    if (this.#cursors.size === 0) return this.isInterrupted;
    return this.#all("live", "refused") && !this.#all("refused");
  }

  #all(...states: TopicCursor["state"][]): boolean {
    return [...this.#cursors.values()].every(({ state }) => states.includes(state));
  }

  protected get refusal(): DriverError | undefined {
    return [...this.#cursors.values()].find(({ state }) => state === "refused")?.refusal;
  }

  #onEvents(cursor: TopicCursor, events: readonly EtcdEvent[]): void {
    cursor.isHistory = false;
    for (const event of events) {
      for (const frame of cursor.framesOf(event)) {
        if (frame.payload.length > this.maxEventBytes) this.drop("frame-too-large");
        else this.queue.add(frame);
      }
    }
    this.#endPast(cursor);
    this.#taken.notify();
  }

  #mark(cursor: TopicCursor, past: PastMark): void {
    this.queue.add({ topic: cursor.topic, payload: NOTHING, past });
  }

  /** Finds the end of a topic's past, and retries until it is known or the topic is live again. */
  async #findEnd(cursor: TopicCursor): Promise<void> {
    if (cursor.past === undefined) return;
    const past: TopicCursor["past"] = cursor.past = { end: undefined };
    const backoff = new Backoff({ firstMs: FIRST_PAUSE_MS, maxMs: MAX_PAUSE_MS });
    const isWanted = () => past.end === undefined && cursor.past === past && this.#has(cursor);
    do {
      const [reading] = await readRanges(this.#client, [cursor.range]).catch(() => []);
      // A cursor that is ahead of the database gets a gap first.
      if (reading !== undefined && cursor.after <= reading.revision) past.end = reading.newest;
      this.#endPast(cursor);
    } while (isWanted() && await pause(backoff.next(), this.#closing.signal));
  }

  #endPast(cursor: TopicCursor): void {
    const { past, after } = cursor;
    if (past?.end === undefined || after < past.end) return;
    cursor.past = undefined;
    if (this.#has(cursor)) this.#mark(cursor, { kind: "end" });
  }

  #onLive(cursor: TopicCursor): void {
    if (cursor.missed !== undefined) this.#onGap(cursor, cursor.missed);
    cursor.missed = undefined;
    void this.#findEnd(cursor);
    this.#noteLive(cursor);
  }

  #noteLive(cursor: TopicCursor): void {
    if (!this.#has(cursor)) return;
    cursor.state = "live";
    cursor.refusal = undefined;
    if (this.isInterrupted) this.health.publish({ kind: "connected", address: this.address });
    this.onChange();
  }

  #onLost(cursor: TopicCursor, reason: string): void {
    const wasLive = cursor.state === "live";
    cursor.state = "unconfirmed";
    this.lastError = new Error(reason);
    if (!wasLive) return;
    this.interrupt(reason);
    for (const each of this.#cursors.values()) each.miss(LATE_TOPIC.cut);
  }

  #onGap(cursor: TopicCursor, reason: string): void {
    if (!cursor.isHistory) this.queue.add({ topic: cursor.topic, payload: NOTHING, gap: reason });
    this.#endPast(cursor);
  }

  #onRefused(cursor: TopicCursor, error: Error): void {
    const what = `cannot subscribe to topic "${cursor.topic}"`;
    const message = `etcd "${this.address}": ${what}: ${explainEtcd(error)}`;
    if (cursor.refusal === undefined) this.log.error(message);
    cursor.state = "refused";
    cursor.refusal = new DriverError("TRANSPORT_FAILED", message, { cause: error });
    this.onChange();
  }

  /** Reads of every topic the last revision, and waits until its events have arrived. */
  protected async catchUp(options: WaitOptions): Promise<void> {
    const bounds = { timeoutMs: CATCH_UP_TIMEOUT_MS, ...options };
    const cursors = [...this.#cursors.values()].filter(({ state }) => state === "live");
    const ranges = cursors.map(({ range }) => range);
    const caughtUp = readRanges(this.#client, ranges).then((readings) =>
      this.#taken.until(
        () => cursors.every(({ after }, at) => after >= (readings[at]?.newest ?? 0)),
        bounds,
      )
    );
    await waitFor(caughtUp, bounds).catch(() => {});
  }

  protected async disconnect(): Promise<void> {
    this.#closing.abort();
    const searches = Promise.all(this.#searches);
    await waitFor(searches, { timeoutMs: CATCH_UP_TIMEOUT_MS }, () => []);
    await this.#watcher[Symbol.asyncDispose]();
    this.#client[Symbol.dispose]();
  }
}
