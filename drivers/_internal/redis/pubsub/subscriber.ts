import { Buffer } from "node:buffer";
import type { DriverError } from "../../../contract/errors.ts";
import type { DriverContext, TopicOptions } from "../../../contract/pubsub.ts";
import { TopicCache } from "../../topic_cache.ts";
import { ReadingEnd } from "./reading_end.ts";
import { ALL_TOPICS, ChannelSession } from "./session.ts";

/** Fill levels of the queue at which reading from the server pauses and resumes. */
const PAUSE_FILL = 0.5;
const RESUME_FILL = 0.25;

const LOSS_LINE_MS = 30_000;

/** Channels on which sentinels and servers publish: their messages are not events. */
const SERVER_CHANNEL = /^__(?:sentinel__|key(?:space|event)@\d+__):/;

/** The channel on which the original's last state announces its servers. */
const HA_TOPIC = "redis";
const MAP_OF_FIVE = 0x85;
const TABLE_HA = Buffer.from("\xa5table\xa2ha", "latin1");
const KEY_NODES = Buffer.from("\xa3key\xa5nodes", "latin1");

/**
 * Subscribes to channels of a Redis server. A topic is live when the server has confirmed it. Any
 * interruption, including a slow reader, causes one `disconnected` and one `live`; events in
 * between are lost.
 *
 * A slow reader makes events wait at the server, up to its limit (`client-output-buffer-limit
 * pubsub`). The server disconnects a subscriber that exceeds the limit, which the subscriber
 * notices as soon as its reader continues.
 */
export class RedisSubscriber extends ReadingEnd<ChannelSession> {
  readonly #names = new TopicCache();
  readonly #topics = new Set<string>();
  #isSharded = false;
  #lost = 0;
  /** Number of lost events that are not logged yet. */
  #unlogged = 0;
  #nextLineAt = 0;

  /** @throws {DriverError} `TRANSPORT_FAILED` */
  static async open(
    context: DriverContext,
    { isSharded }: { readonly isSharded: boolean },
  ): Promise<RedisSubscriber> {
    const open = () => ChannelSession.open(context, { isSharded });
    const subscriber = new RedisSubscriber(context, open);
    subscriber.#isSharded = isSharded;
    subscriber.startWith(await open());
    return subscriber;
  }

  registerTopic(topic: string, options: TopicOptions = {}): void {
    this.checkTopic(topic);
    this.checks.beginsNow(topic, options);
    if (this.#topics.has(topic)) return;
    this.#topics.add(topic);
    this.session?.subscribe(topic);
  }

  registerAllTopics(): void {
    if (this.#isSharded) {
      throw new RangeError("[df_redis] sharded channels have no patterns, wanted topics by name");
    }
    this.#topics.add(ALL_TOPICS);
    this.session?.subscribe(ALL_TOPICS);
  }

  unregisterTopic(topic: string): void {
    if (this.#topics.delete(topic)) this.session?.unsubscribe(topic);
  }

  protected get isReady(): boolean {
    return this.#topics.size === 0 || this.session?.isConfirmed === true;
  }

  protected get refusal(): DriverError | undefined {
    return this.session?.refusal;
  }

  protected get isSettled(): boolean {
    const isAnswered = this.session?.isSettled === true && this.#lost === 0;
    return isAnswered && (this.#topics.size > 0 || this.isInterrupted);
  }

  protected begin(session: ChannelSession): void {
    session.onMessage = (channel, payload) => this.#onMessage(channel, payload);
    session.onChange = () => this.onChange();
    for (const topic of this.#topics) session.subscribe(topic);
  }

  #wants(topic: string): boolean {
    return this.#topics.has(topic) ||
      this.#topics.has(ALL_TOPICS) && !SERVER_CHANNEL.test(topic);
  }

  #onMessage(channel: Buffer, bytes: Buffer): void {
    const topic = this.#names.text(channel);
    if (topic === undefined || !this.#wants(topic) || isHaMessage(topic, bytes)) return;
    if (bytes.length > this.maxEventBytes) return this.drop("frame-too-large");
    if (this.#lost > 0) return this.#lose();
    const payload = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
    const isTaken = this.queue.push({ topic, payload });
    if (this.queue.fill >= PAUSE_FILL) this.session?.pause();
    if (isTaken) return;
    this.interrupt(`the reader is too slow: ${this.queue.size} events are queued for it`);
    this.#lose();
  }

  /** Counts an event that is lost while the reader is too slow; reported when it has caught up. */
  #lose(): void {
    this.dropped++;
    this.#lost++;
  }

  protected override onTaken(): void {
    if (this.queue.fill <= RESUME_FILL) this.session?.resume();
  }

  protected override onEmpty(): void {
    if (this.#lost === 0) return;
    this.#logLoss();
    this.#lost = 0;
    this.health.publish({ kind: "dropped", reason: "queue-full", total: this.dropped });
    this.onChange();
  }

  /** Limits the lines, since a flood may fill the queue many times per second. */
  #logLoss(): void {
    this.#unlogged += this.#lost;
    const now = performance.now();
    if (now < this.#nextLineAt) return;
    this.log.warn(`The reader was too slow: ${this.#unlogged} events from Redis are lost`);
    this.#unlogged = 0;
    this.#nextLineAt = now + LOSS_LINE_MS;
  }
}

/**
 * Whether a message is the original's announcement of its database servers, on a channel that may
 * also be a project's topic. It is a MessagePack map of five with table "ha" and key "nodes", in
 * any order. These bytes cannot occur inside a valid UTF-8 text.
 */
function isHaMessage(topic: string, payload: Uint8Array): boolean {
  if (topic !== HA_TOPIC || payload[0] !== MAP_OF_FIVE) return false;
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  return bytes.includes(TABLE_HA) && bytes.includes(KEY_NODES);
}
