import type { NbDbDriver } from "../drivers/contract/db.ts";
import type { HealthEvent } from "../drivers/contract/health.ts";
import type { Logger } from "../drivers/contract/logger.ts";
import type { Settings } from "../drivers/contract/option.ts";
import { pubSubMaxEventBytes } from "../drivers/contract/options.ts";
import type { PubSubDriver, WaitOptions } from "../drivers/contract/pubsub.ts";
import type { Clock } from "./clock.ts";
import { publisherTimeout } from "./config/options/publishers.ts";
import { monitorTablePollTime } from "./config/options/table_monitors.ts";
import { type DbUpdate, dbUpdate, SEND_ALL_TOPIC } from "./db_update.ts";
import { requireNetworkDriver } from "./driver_roles.ts";
import { logHealth } from "./health_log.ts";
import { type ListenAddresses, PublisherFollower } from "./publisher_follower.ts";
import { PublishersTable } from "./publishers_table.ts";
import { RefusalLog } from "./refusal_log.ts";
import { Subscriber } from "./subscriber.ts";

/** What a {@linkcode NetworkSubscriber} works with. */
export interface NetworkSubscriberOptions {
  /** The effective configuration. */
  readonly settings: Settings;
  /** The cross-node driver. */
  readonly driver: PubSubDriver;
  /** Where the publishers table is; without it only `publisherUris` are followed. */
  readonly db: NbDbDriver | undefined;
  /** Publishers to follow whatever the publishers table says. */
  readonly publisherUris: readonly string[];
  /** Topics besides {@linkcode SEND_ALL_TOPIC}. */
  readonly topics?: readonly string[];
  /** On a broker that keeps events: where a topic begins, as `TopicOptions.since`. @default now */
  readonly since?: ((topic: string) => string | number | undefined) | undefined;
  /**
   * Called with the updates of one wake-up, never none, in each publisher's order. While it is
   * busy nothing more is read, and the transport's bounded queues fill. It must not throw.
   */
  readonly onUpdates: (updates: readonly DbUpdate[]) => void | Promise<void>;
  /** Called with each change in the state of a connection, the first one included. */
  readonly onHealth?: (event: HealthEvent) => void;
  /** The time. */
  readonly clock: Clock;
  /** Where to report to. */
  readonly log: Logger;
}

/**
 * A node's ear: follows every publisher there is, on the broadcast topic and those asked for.
 *
 * After a connection was lost and is live again it hands out one `sync` update, since events may
 * have been missed meanwhile; and so it does when a publisher is first heard that
 * {@linkcode NetworkSubscriber.ready} did not wait for. A broker that keeps events misses none: there
 * only a gap in a topic, told by the driver, gives a `sync`, under that topic.
 */
export class NetworkSubscriber implements AsyncDisposable {
  readonly #subscriber: Subscriber;
  readonly #follower: PublisherFollower | undefined;
  readonly #options: NetworkSubscriberOptions;
  readonly #abort = new AbortController();
  readonly #background: Promise<void>[];
  readonly #live = new Set<string>();
  /** Publishers whose events may have been missed when they are live next. */
  readonly #missed = new Set<string>();
  #isReady = false;
  #disposed: Promise<void> | undefined;

  /** Opens the driver's subscriber and connects to the publishers known now. */
  static async open(options: NetworkSubscriberOptions): Promise<NetworkSubscriber> {
    const { settings, driver, log, clock, topics = [] } = options;
    const refusals = new RefusalLog("From the network", log, clock);
    const maxEventBytes = settings.get(pubSubMaxEventBytes);
    requireNetworkDriver(driver);
    const frames = await driver.openSubscriber();
    const subscriber = new Subscriber(frames, { maxEventBytes, refusals, clock });
    const network = new NetworkSubscriber(options, subscriber, refusals);
    try {
      for (const topic of [SEND_ALL_TOPIC, ...topics]) network.registerTopic(topic);
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
  ) {
    this.#subscriber = subscriber;
    this.#options = options;
    this.#follower = options.driver.traits.listensToAddresses
      ? followerFor(options, this.#addresses(subscriber))
      : undefined;
    this.#background = [
      logHealth(subscriber.health, options.log, refusals),
      this.#receive(),
      this.#watchHealth(),
    ];
  }

  #addresses(subscriber: Subscriber): ListenAddresses {
    return {
      registerListenAddress: (address) => {
        subscriber.registerListenAddress(address);
        if (this.#isReady) this.#missed.add(address);
      },
      unregisterListenAddress: (address) => {
        subscriber.unregisterListenAddress(address);
        this.#live.delete(address);
      },
    };
  }

  async #follow(): Promise<void> {
    if (this.#follower === undefined) return;
    await this.#follower.refresh();
    this.#background.push(this.#follower.run(this.#abort.signal));
  }

  /** Each iteration is a bounded stream of its own, from now on. */
  get health(): AsyncIterable<HealthEvent> {
    return this.#subscriber.health;
  }

  /** The publishers it listens to; empty on a transport without addresses. */
  get publisherUris(): readonly string[] {
    return this.#follower?.uris ?? [];
  }

  /** Also hears this topic. */
  registerTopic(topic: string): void {
    const since = this.#options.since?.(topic);
    this.#subscriber.registerTopic(topic, since === undefined ? {} : { since });
  }

  /** Hears it no more. */
  unregisterTopic(topic: string): void {
    this.#subscriber.unregisterTopic(topic);
  }

  /**
   * Resolves when every topic is live at every publisher that the table calls alive; if there is
   * none, at any one of the others.
   *
   * @throws {DriverError} `SEND_TIMEOUT`
   */
  async ready(options: WaitOptions = {}): Promise<void> {
    if (this.#follower === undefined) return await this.#subscriber.ready(options);
    const proven = await this.#readyAtPublishers(this.#follower, options);
    this.#isReady = true;
    for (const uri of this.publisherUris) {
      // The health stream, which fills #live, may still have to tell of those just proven.
      if (!proven.includes(uri) && !this.#live.has(uri)) this.#missed.add(uri);
    }
  }

  /** Resolves with the publishers that are live for certain. */
  async #readyAtPublishers(
    { uris, aliveUris }: PublisherFollower,
    options: WaitOptions,
  ): Promise<readonly string[]> {
    if (aliveUris.length === 0 && uris.length > 0) return [await this.#readyAtAny(uris, options)];
    await this.#subscriber.ready({ ...options, addresses: aliveUris });
    return aliveUris;
  }

  async #readyAtAny(uris: readonly string[], { timeoutMs, signal }: WaitOptions): Promise<string> {
    const done = new AbortController();
    const either = signal === undefined ? done.signal : AbortSignal.any([done.signal, signal]);
    const bounds = { signal: either, ...(timeoutMs === undefined ? {} : { timeoutMs }) };
    try {
      return await Promise.any(uris.map(async (uri) => {
        await this.#subscriber.ready({ ...bounds, addresses: [uri] });
        return uri;
      }));
    } catch (error) {
      throw error instanceof AggregateError ? error.errors[0] : error;
    } finally {
      done.abort();
    }
  }

  async #receive(): Promise<void> {
    for await (const updates of this.#subscriber.updates()) {
      for (const update of updates) this.#follower?.note(update);
      await this.#options.onUpdates(updates);
    }
  }

  async #watchHealth(): Promise<void> {
    for await (const event of this.#subscriber.health) {
      this.#options.onHealth?.(event);
      if (event.kind === "disconnected") this.#onLost(event.address);
      if (event.kind === "live") await this.#onLive(event.address);
      if (event.kind === "gap") await this.#sync(event.topic);
    }
  }

  #onLost(address: string): void {
    this.#live.delete(address);
    this.#missed.add(address);
  }

  async #onLive(address: string): Promise<void> {
    this.#live.add(address);
    const wasMissed = this.#missed.delete(address);
    if (wasMissed && this.#options.driver.traits.delivery !== "keeps") await this.#sync();
  }

  async #sync(topic?: string): Promise<void> {
    const timestamp = this.#options.clock.now();
    await this.#options.onUpdates([
      dbUpdate({ table: null, key: null, action: "sync", topic, timestamp }),
    ]);
  }

  /** Closes all of it at once. Disposing twice is fine. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#disposed ??= this.#dispose();
  }

  async #dispose(): Promise<void> {
    this.#abort.abort();
    await this.#subscriber[Symbol.asyncDispose]();
    await Promise.all(this.#background);
  }
}

function followerFor(
  { settings, db, publisherUris, clock, log }: NetworkSubscriberOptions,
  subscriber: ListenAddresses,
): PublisherFollower {
  const timeoutMs = settings.get(publisherTimeout) * 1000;
  const table = db && new PublishersTable(db, { timeoutMs, clock });
  return new PublisherFollower(subscriber, table, {
    fixedUris: publisherUris,
    pollMs: settings.get(monitorTablePollTime) * 1000,
    clock,
    log,
  });
}
