import type { NbDbDriver } from "../../drivers/contract/db.ts";
import type { HealthEvent } from "../../drivers/contract/health.ts";
import type { Logger } from "../../drivers/contract/logger.ts";
import type { Settings } from "../../drivers/contract/option.ts";
import { pubSubMaxEventBytes } from "../../drivers/contract/options.ts";
import type { ServiceAnnouncement } from "../../drivers/contract/peer_state.ts";
import type { FrameSubscriber, PubSubDriver } from "../../drivers/contract/pubsub.ts";
import type { WaitOptions } from "../../drivers/contract/waiting.ts";
import { AppliedMarks } from "./applied_marks.ts";
import type { Clock } from "../base/clock.ts";
import { sentAtOf } from "../event/codec/decode.ts";
import { requireTopic } from "../event/codec/topic.ts";
import { type DbUpdate, SEND_ALL_TOPIC } from "../event/db_update.ts";
import { requireNetworkDriver } from "../base/driver_roles.ts";
import { EventFlow } from "./event_flow.ts";
import type { GapCounters, GapNotice } from "../protocol/notices.ts";
import { logHealth } from "../base/health_log.ts";
import type { ListenAddresses, PublisherFollower } from "../publishers/publisher_follower.ts";
import { followerFor } from "./follower_for.ts";
import { Newcomers } from "./newcomers.ts";
import { readyAtPublishers } from "./publishers_ready.ts";
import { RefusalLog } from "../base/refusal_log.ts";
import { Subscriber } from "./subscriber.ts";
import type { PastOptions, SubscriptionOptions } from "./subscription_options.ts";
import type { Position } from "../protocol/position_log.ts";

/** How a {@linkcode NetworkSubscriber} is opened. */
export interface NetworkSubscriberOptions extends SubscriptionOptions, PastOptions {
  /** The effective configuration. */
  readonly settings: Settings;
  /** The cross-node driver. */
  readonly driver: PubSubDriver;
  /** The database of the publishers table; without it only `publisherUris` are followed. */
  readonly db: NbDbDriver | undefined;
  /** Publishers to follow regardless of the publishers table. */
  readonly publisherUris: readonly string[];
  /** Disposed with the subscriber. @default nothing: the database is the caller's */
  readonly owned?: AsyncDisposable;
  /** A number from 0 to below 1, to spread the syncs of many nodes. @default Math.random */
  readonly random?: () => number;
  /** The clock that it reads and waits by. */
  readonly clock: Clock;
  /** Where to report to. */
  readonly log: Logger;
}

/**
 * The receiving end of a node: follows every publisher, on the broadcast topic and the given
 * topics.
 *
 * Events with sequence numbers are passed on in order, each once. If events are lost, a `sync` of
 * their topic says so: in their place, if the transport keeps events and reports the gap; or soon
 * after, if sequence numbers reveal it. On a transport that drops events, one `sync` of everything
 * follows when a lost connection is live again. On any transport, one also follows when a publisher
 * becomes live that may have sent events before: see {@linkcode Newcomers}.
 */
export class NetworkSubscriber implements AsyncDisposable {
  readonly #subscriber: Subscriber;
  readonly #follower: PublisherFollower | undefined;
  readonly #options: NetworkSubscriberOptions;
  readonly #flow: EventFlow;
  readonly #newcomers: Newcomers;
  readonly #applied: AppliedMarks;
  readonly #topics = new Set<string>();
  readonly #abort = new AbortController();
  readonly #background: Promise<void>[];
  #disposed: Promise<void> | undefined;

  /** Opens the driver's subscriber and connects to the known publishers. */
  static async open(options: NetworkSubscriberOptions): Promise<NetworkSubscriber> {
    const { settings, driver, log, clock, topics = [], broadcast = true } = options;
    const named = broadcast ? [SEND_ALL_TOPIC, ...topics] : topics;
    const refusals = new RefusalLog("From the network", log, clock);
    const maxEventBytes = settings.get(pubSubMaxEventBytes);
    requireNetworkDriver(settings, driver);
    const frames = await driver.openSubscriber({ sentAt: sentAtOf });
    const subscriber = new Subscriber(frames, { maxEventBytes, refusals, clock });
    const network = new NetworkSubscriber(options, subscriber, refusals, frames);
    try {
      if (options.allTopics) registerAllTopics(frames, driver);
      else for (const topic of named) network.registerTopic(topic);
      await network.#follow();
      return network;
    } catch (error) {
      await network[Symbol.asyncDispose]();
      throw error;
    }
  }

  private constructor(
    options: NetworkSubscriberOptions,
    subscriber: Subscriber,
    refusals: RefusalLog,
    frames: FrameSubscriber,
  ) {
    this.#subscriber = subscriber;
    this.#applied = new AppliedMarks(frames, options.whenApplied);
    this.#options = options;
    this.#flow = new EventFlow({
      ...options,
      refusals,
      source: subscriber,
      topics: this.#topics,
      onUpdates: (updates) => this.#passOn(updates),
    });
    this.#newcomers = new Newcomers(this.#flow, options.clock);
    this.#follower = options.driver.traits.listensToAddresses
      ? followerFor(options, this.#addresses(subscriber))
      : undefined;
    this.#background = [
      logHealth(subscriber.health, { ...options, refusals }),
      this.#receive(),
      this.#watchHealth(),
    ];
  }

  #addresses(subscriber: Subscriber): ListenAddresses {
    return {
      registerListenAddress: (address) => {
        subscriber.registerListenAddress(address);
        this.#newcomers.noteFollowed(address);
      },
      unregisterListenAddress: (address) => {
        subscriber.unregisterListenAddress(address);
        this.#flow.leave(address);
      },
    };
  }

  async #follow(): Promise<void> {
    await this.#follower?.refresh();
    this.#newcomers.noteStarted();
    if (this.#follower !== undefined) this.#background.push(this.#follower.run(this.#abort.signal));
  }

  /** Health events. Each iteration is a separate bounded stream that begins now. */
  get health(): AsyncIterable<HealthEvent> {
    return this.#subscriber.health;
  }

  /** Notices about missing events. Each iteration is a separate bounded stream. */
  get notices(): AsyncIterable<GapNotice> {
    return this.#flow.notices;
  }

  /** Totals of the notices about missing events. */
  get gapCounters(): GapCounters {
    return this.#flow.counters;
  }

  /** The position of every publisher, by its last event under each topic. */
  get positions(): Extract<Position, { readonly seq: number }>[] {
    return this.#flow.positions;
  }

  /** The publishers that it follows; empty on a transport without addresses. */
  get publisherUris(): readonly string[] {
    return this.#follower?.uris ?? [];
  }

  /** What the publisher at an address announces about itself. */
  announcementOf(address: string): ServiceAnnouncement | undefined {
    return this.#subscriber.announcementOf(address);
  }

  /** Why there is no connection to a publisher; undefined if there is one, or no known reason. */
  failureOf(address: string): string | undefined {
    return this.#subscriber.failureOf(address);
  }

  /** Subscribes to a topic. @throws {RangeError} for an invalid topic or `since` */
  registerTopic(topic: string): void {
    requireTopic(topic);
    const since = this.#options.since?.(topic);
    const { last } = this.#options;
    this.#subscriber.registerTopic(topic, { since, last });
    this.#topics.add(topic);
  }

  /** Unsubscribes from a topic, and drops its events that the application does not have yet. */
  unregisterTopic(topic: string): void {
    if (!this.#topics.delete(topic)) return;
    this.#subscriber.unregisterTopic(topic);
    this.#flow.forgetTopic(topic);
  }

  /**
   * Resolves when every topic is live at every publisher that is alive according to the table, or at
   * any other publisher if the table has no live one. With `withUnlisted`, also at the publishers of
   * `publisherUris` that the table lacks.
   *
   * @returns the addresses of the publishers; undefined for a broker
   * @throws {DriverError} `SEND_TIMEOUT`
   */
  async ready(
    options: WaitOptions & { readonly withUnlisted?: boolean | undefined } = {},
  ): Promise<readonly string[] | undefined> {
    const follower = this.#follower;
    const proven = await this.#newcomers.untilReady(
      () => readyAtPublishers(this.#subscriber, follower, options),
      () => this.publisherUris,
    );
    return follower && proven;
  }

  async #receive(): Promise<void> {
    for await (const received of this.#subscriber.received()) {
      await this.#flow.take(received);
      if (this.#abort.signal.aborted) return;
      this.#applied.note(this.#subscriber.handedOut);
    }
  }

  #passOn(updates: readonly DbUpdate[]): void | Promise<void> {
    for (const update of updates) this.#follower?.note(update);
    return this.#options.onUpdates(updates);
  }

  async #watchHealth(): Promise<void> {
    for await (const event of this.#subscriber.health) {
      this.#options.onHealth?.(event);
      // A health event of an address may be read after the address was left.
      if ("address" in event && this.#follower?.follows(event.address) === false) continue;
      this.#newcomers.onHealth(event);
      this.#flow.onHealth(event);
    }
  }

  /** Closes the subscriber. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#disposed ??= this.#dispose();
  }

  async #dispose(): Promise<void> {
    // Disposed also when the rest rejects, as with an error of the application's callbacks.
    await using _owned = this.#options.owned;
    this.#abort.abort();
    await this.#subscriber[Symbol.asyncDispose]();
    await this.#flow[Symbol.asyncDispose]();
    await Promise.all(this.#background);
  }
}

function registerAllTopics(frames: FrameSubscriber, { name }: PubSubDriver): void {
  if (frames.registerAllTopics === undefined) {
    throw new RangeError(`"${name}" cannot subscribe to all topics, wanted topics by name`);
  }
  frames.registerAllTopics();
}
