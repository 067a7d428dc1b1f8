import type { HealthEvent } from "../../drivers/contract/health.ts";
import type { Logger } from "../../drivers/contract/logger.ts";
import type { FramePublisher } from "../../drivers/contract/pubsub.ts";
import { messageOf } from "../../drivers/contract/errors.ts";
import type { Clock } from "../base/clock.ts";
import { encodeUpdate } from "../event/codec/encode.ts";
import { nativeSync } from "../event/codec/native_sync.ts";
import type { WireFormat } from "../event/codec/wire_fields.ts";
import { SEND_ALL_TOPIC } from "../event/db_update.ts";
import { type HealTurn, LossyTopic } from "./lossy_topic.ts";
import { isPrivateTopic } from "../event/codec/topic.ts";

/** How an {@linkcode OverflowHealer} works. */
export interface OverflowHealerOptions {
  /** The least time between two `sync` of a topic, in milliseconds; more than 0. */
  readonly intervalMs: number;
  /** The shape events are written in. */
  readonly format: WireFormat;
  /** The time. */
  readonly clock: Clock;
  /** Told when subscribers begin to miss events, and when all of them are healed. */
  readonly log: Logger;
}

/** How long after one try the next comes. */
const RETRY_MS = 100;
/** More topics than these are healed by one `sync` that everyone hears. */
const MOST_TOPICS = 1_024;

/**
 * Heals nodes of the original, which notice no loss: when a publisher's subscribers were too slow
 * for events of a topic, sends that topic the `sync` which has them read everything anew.
 *
 * It goes out once nobody is behind any more, so that all who lost something get it. When that
 * takes long it is also sent meanwhile, for those who are back already, at growing intervals. Who
 * was given up during such a time and comes back within ten minutes gets it, too.
 */
export class OverflowHealer implements AsyncDisposable {
  readonly #publisher: FramePublisher;
  readonly #options: OverflowHealerOptions;
  readonly #topics = new Map<string, LossyTopic>();
  readonly #abort = new AbortController();
  readonly #watching: Promise<void>;
  #healing: Promise<void> | undefined;
  /** Whether subscribers were too slow since all were healed. */
  #isOverflowing = false;
  #healed = 0;
  #syncs = 0;

  /**
   * Watches the publisher's health from now on.
   *
   * @param publisher what numbers events, so that nodes that track positions know this `sync` apart
   */
  constructor(publisher: FramePublisher, options: OverflowHealerOptions) {
    this.#publisher = publisher;
    this.#options = options;
    this.#watching = this.#watch(publisher.health);
  }

  /** How many `sync` it has sent since it was made. */
  get syncs(): number {
    return this.#syncs;
  }

  /** Has a `sync` sent under a topic to nodes that missed events for another reason; never throws. */
  request(topic: string): void {
    this.#topicOf(topic).noteOverflow(this.#options.clock.monotonic());
    this.#options.log.info(
      `Sending a sync to nodes of Dragonflow that are back on topic "${topic}"`,
    );
    this.#heal();
  }

  /** To be called for each subscription the publisher sees; never throws. */
  noteSubscription(topic: string): void {
    const now = this.#options.clock.monotonic();
    if (this.#topics.get(topic)?.noteReturn(now) === true) this.#heal();
  }

  /** Heals no more; what is due is not sent. Disposing twice is fine. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
    await this.#healing;
  }

  /** Resolves when the publisher is closed. */
  get ended(): Promise<void> {
    return this.#watching;
  }

  async #watch(health: AsyncIterable<HealthEvent>): Promise<void> {
    for await (const event of health) {
      if (event.kind === "overflow") this.#noteOverflow(event.topic);
      if (event.kind === "peer-left") this.#noteLeaving();
    }
  }

  #noteOverflow(topic: string): void {
    if (isPrivateTopic(topic)) return;
    const isFirst = !this.#isOverflowing;
    this.#isOverflowing = true;
    this.#topicOf(topic).noteOverflow(this.#options.clock.monotonic());
    if (isFirst) {
      const what = `Subscribers are too slow and may miss events, first of topic "${topic}"`;
      this.#options.log.warn(what);
    }
    this.#heal();
  }

  // Who it was is not known: it may have been the one that was too slow.
  #noteLeaving(): void {
    const now = this.#options.clock.monotonic();
    for (const lossy of this.#topics.values()) lossy.noteLeaving(now);
  }

  #topicOf(topic: string): LossyTopic {
    const known = this.#topics.get(topic);
    if (known !== undefined) return known;
    if (this.#topics.size >= MOST_TOPICS) this.#forgetHealed();
    if (this.#topics.size >= MOST_TOPICS && topic !== SEND_ALL_TOPIC) {
      return this.#topicOf(SEND_ALL_TOPIC);
    }
    const lossy = new LossyTopic(this.#options.intervalMs);
    this.#topics.set(topic, lossy);
    return lossy;
  }

  #forgetHealed(): void {
    const now = this.#options.clock.monotonic();
    for (const [topic, lossy] of this.#topics) {
      if (lossy.isOver(now)) this.#topics.delete(topic);
    }
  }

  #isDue(): boolean {
    return this.#topics.values().some((lossy) => lossy.isDue);
  }

  #heal(): void {
    this.#healing ??= this.#healAll().finally(() => this.#healing = undefined);
  }

  async #healAll(): Promise<void> {
    const { clock } = this.#options;
    while (this.#isDue() && await slept(clock, this.#abort.signal)) {
      for (const [topic, lossy] of this.#topics) this.#tryTopic(topic, lossy);
    }
    if (this.#healed === 0 || this.#isDue()) return;
    const why = this.#isOverflowing ? "Subscribers keep up again: sent" : "Sent";
    this.#options.log.info(`${why} ${this.#healed} sync to nodes of Dragonflow`);
    this.#healed = 0;
    this.#isOverflowing = false;
  }

  #tryTopic(topic: string, lossy: LossyTopic): void {
    const now = this.#options.clock.monotonic();
    const turn = lossy.turn(now);
    if (turn === "wait") return;
    try {
      this.#send(topic, turn, lossy);
    } catch (error) {
      lossy.noteSent(now);
      this.#options.log.warn(`Cannot send a sync to topic "${topic}": ${messageOf(error)}`);
    }
  }

  #send(topic: string, turn: HealTurn, lossy: LossyTopic): void {
    const now = this.#options.clock.monotonic();
    const payload = encodeUpdate(nativeSync(topic), this.#options.format);
    if (this.#publisher.trySendToAll(topic, payload)) {
      lossy.noteSent(now);
      this.#healed++;
      this.#syncs++;
    } else if (turn === "send-anyway" && this.#publisher.trySend(topic, payload)) {
      lossy.noteSentAnyway(now);
    }
  }
}

/** False when it was stopped meanwhile. */
async function slept(clock: Clock, signal: AbortSignal): Promise<boolean> {
  await clock.sleep(RETRY_MS, signal).catch(() => {});
  return !signal.aborted;
}
