import type { DbRow, NbDbDriver } from "../drivers/contract/db.ts";
import { messageOf } from "../drivers/contract/errors.ts";
import type { HealthEvent } from "../drivers/contract/health.ts";
import type { Logger } from "../drivers/contract/logger.ts";
import type { Settings } from "../drivers/contract/option.ts";
import type { CloseReport, WaitOptions } from "../drivers/contract/pubsub.ts";
import { ChangeQueue } from "./change_queue.ts";
import type { Clock } from "./clock.ts";
import { nbDbClass } from "./config/options/host.ts";
import {
  enableDfPubSub,
  enableSelectiveTopologyDistribution,
  pubSubChangeQueueSize,
  pubSubDriver,
  pubSubMultiprocDriver,
  pubSubUseMultiproc,
} from "./config/options/pub_sub.ts";
import { type DbUpdate, dbUpdate, SEND_ALL_TOPIC } from "./db_update.ts";
import type { DriverLoader } from "./driver_loader.ts";
import { withValue } from "./missing_value.ts";
import { NetworkSubscriber } from "./network_subscriber.ts";
import { Publisher, publisherOptions } from "./publisher.ts";
import { configuredPublisherUris } from "./publisher_uris.ts";
import { WarningFolder } from "./warning_folder.ts";

/** What an {@linkcode NbApi} works with. */
export interface NbApiOptions {
  /** The effective configuration. */
  readonly settings: Settings;
  /** Where the drivers it names come from. */
  readonly drivers: DriverLoader;
  /** On a broker that keeps events: where a topic begins. @default now */
  readonly since?: (topic: string) => string | number | undefined;
  /** The time. */
  readonly clock: Clock;
  /** Where to report to. */
  readonly log: Logger;
}

/** A row was written, but its event could not be published: subscribers do not know of it. */
export class NotPublished extends Error {
  /** The name of the class, as in a stack trace. */
  override readonly name = "NotPublished";
  /** The event that was not published. */
  readonly update: DbUpdate;

  /**
   * Makes the error; nothing else happens.
   *
   * @param cause why it was not published
   */
  constructor(update: DbUpdate, cause: unknown) {
    const row = `row "${update.key}" of table "${update.table}"`;
    super(`Cannot publish "${update.action}" of ${row}, which is done: ${messageOf(cause)}`, {
      cause,
    });
    this.update = update;
  }
}

interface Events {
  readonly publisher: Publisher;
  readonly subscriber: NetworkSubscriber;
}

/**
 * The northbound database with events: what a controller writes through it reaches every node that
 * listens through it.
 *
 * With `enable_df_pub_sub` off it is the database alone: nothing is published and no change comes.
 */
export class NbApi implements AsyncDisposable {
  readonly #options: NbApiOptions;
  readonly #db: NbDbDriver;
  readonly #queue: ChangeQueue;
  readonly #reads: WarningFolder;
  #events: Events | undefined;
  #disposed: Promise<void> | undefined;

  /**
   * Opens the database, the publisher (the inter-process one if `pub_sub_use_multiproc`, else the
   * cross-node one) and the cross-node subscriber, and begins to follow the publishers.
   *
   * @throws {DriverError} when a driver is unknown or cannot be opened; nothing is left open then
   */
  static async initialize(options: NbApiOptions): Promise<NbApi> {
    const { settings, drivers, log } = options;
    const db = await drivers.loadDbDriver(settings.get(nbDbClass), { settings, log });
    const api = new NbApi(options, db);
    try {
      if (settings.get(enableDfPubSub)) await api.#openEvents();
      return api;
    } catch (error) {
      await api[Symbol.asyncDispose]();
      throw error;
    }
  }

  private constructor(options: NbApiOptions, db: NbDbDriver) {
    this.#options = options;
    this.#db = db;
    const { settings, clock, log } = options;
    this.#reads = new WarningFolder({ subject: "Reading the rows of events", log, clock });
    this.#queue = new ChangeQueue({
      capacity: settings.get(pubSubChangeQueueSize),
      clock,
      onOverflow: (discarded) =>
        log.warn(`The change queue was full: ${discarded} changes became one sync`),
    });
  }

  async #openEvents(): Promise<void> {
    const { settings, drivers, clock, log } = this.#options;
    const context = { settings, log };
    const driver = await drivers.loadPubSubDriver(settings.get(pubSubDriver), context);
    const publishing = settings.get(pubSubUseMultiproc)
      ? await drivers.loadPubSubDriver(settings.get(pubSubMultiprocDriver), context)
      : driver;
    await using undo = new AsyncDisposableStack();
    const frames = undo.use(await publishing.openPublisher());
    const publisher = new Publisher(frames, publisherOptions(settings));
    const subscriber = await NetworkSubscriber.open({
      settings,
      driver,
      db: this.#db,
      publisherUris: configuredPublisherUris(settings),
      since: this.#options.since,
      onUpdates: (updates) => updates.forEach((update) => this.#queue.push(update)),
      clock,
      log,
    });
    undo.move();
    this.#events = { publisher, subscriber };
  }

  /** The state of the connections to publishers; empty without events. */
  async *health(): AsyncIterable<HealthEvent> {
    if (this.#events !== undefined) yield* this.#events.subscriber.health;
  }

  /** Resolves when every publisher known at this moment is heard; at once without events. */
  async ready(options?: WaitOptions): Promise<void> {
    await this.#events?.subscriber.ready(options);
  }

  /** Also hears the events of one project, for selective topology distribution. */
  registerTopic(topic: string): void {
    this.#events?.subscriber.registerTopic(topic);
  }

  /** Hears them no more. */
  unregisterTopic(topic: string): void {
    this.#events?.subscriber.unregisterTopic(topic);
  }

  /** The value of one row. @throws {DbKeyNotFound} */
  get(table: string, key: string, topic?: string): Promise<string> {
    return this.#db.get(table, key, { topic });
  }

  /** The rows of a table, or those of one topic in it, sorted by key. */
  getAll(table: string, topic?: string): Promise<DbRow[]> {
    return this.#db.entries(table, { topic });
  }

  /** Writes a new row and publishes it. @throws {NotPublished} when only the row is done */
  async create(table: string, key: string, value: string, topic?: string): Promise<void> {
    await this.#db.create(table, key, value, { topic });
    await this.#publish("create", { table, key, value, topic });
  }

  /** Replaces an existing row's value and publishes it. @throws {DbKeyNotFound | NotPublished} */
  async set(table: string, key: string, value: string, topic?: string): Promise<void> {
    await this.#db.set(table, key, value, { topic });
    await this.#publish("set", { table, key, value, topic });
  }

  /** Removes an existing row and publishes that. @throws {DbKeyNotFound | NotPublished} */
  async delete(table: string, key: string, topic?: string): Promise<void> {
    await this.#db.delete(table, key, { topic });
    await this.#publish("delete", { table, key, value: null, topic });
  }

  async #publish(
    action: string,
    row: { table: string; key: string; value: string | null; topic: string | undefined },
  ): Promise<void> {
    if (this.#events === undefined) return;
    const isSelective = this.#options.settings.get(enableSelectiveTopologyDistribution);
    const topic = isSelective ? row.topic : SEND_ALL_TOPIC;
    const update = dbUpdate({ ...row, action, topic, timestamp: this.#options.clock.now() });
    try {
      await this.#events.publisher.sendEvent(update);
    } catch (error) {
      throw new NotPublished(update, error);
    }
  }

  /**
   * The changes that other nodes and this one publish, the most urgent first, until disposed.
   *
   * A value that an event lacks is read from the database; an event whose row is gone by then is
   * skipped, as its deletion follows. `sync` means that changes may have been missed: read
   * everything again. Several iterations share the changes.
   */
  async *changes(): AsyncIterable<DbUpdate> {
    for await (const update of this.#queue) {
      const complete = await this.#complete(update);
      if (this.#disposed !== undefined) return;
      if (complete !== undefined) yield complete;
    }
  }

  /** The update with its value; a `sync` in the place of one whose row cannot be read. */
  async #complete(update: DbUpdate): Promise<DbUpdate | undefined> {
    try {
      const complete = await withValue(update, this.#db);
      if (complete !== update) this.#reads.success();
      return complete;
    } catch (error) {
      if (this.#disposed === undefined) this.#reads.failure(error);
      const timestamp = this.#options.clock.now();
      return dbUpdate({ table: null, key: null, action: "sync", timestamp });
    }
  }

  /** Ends the changes and closes everything, after at most `pub_sub_send_timeout` for events. */
  async close(): Promise<CloseReport> {
    const report = await this.#events?.publisher.close() ?? { flushed: true };
    await this[Symbol.asyncDispose]();
    return report;
  }

  /** Closes all of it at once. Disposing twice is fine. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#disposed ??= this.#dispose();
  }

  async #dispose(): Promise<void> {
    await this.#events?.subscriber[Symbol.asyncDispose]();
    await this.#events?.publisher[Symbol.asyncDispose]();
    this.#queue.close();
    await this.#db[Symbol.asyncDispose]();
  }
}
