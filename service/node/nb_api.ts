import { Broadcast } from "../../drivers/contract/channel.ts";
import type { DbRow, NbDbDriver, TopicOption } from "../../drivers/contract/db.ts";
import type { HealthEvent } from "../../drivers/contract/health.ts";
import { requireWaitOptions, type WaitOptions } from "../../drivers/contract/waiting.ts";
import type { PublisherReport } from "../publish/acceptance_report.ts";
import { nbDbClass } from "../config/options/host.ts";
import { enableDfPubSub, enableSelectiveTopologyDistribution } from "../config/options/pub_sub.ts";
import { type DbUpdate, dbUpdate, type DbUpdateInit, SEND_ALL_TOPIC } from "../event/db_update.ts";
import { readPageAccess } from "../fleet/page_access.ts";
import { nodesApplied, type NodesAppliedOptions } from "./nodes_applied.ts";
import type { AppliedReport } from "../protocol/applied_report.ts";
import type { Position } from "../protocol/position_log.ts";
import { checkedTopic, type NbApiOptions, refuseSinceWithTables } from "./nb_api_options.ts";
import { NbChanges } from "./nb_changes.ts";
import { type NbEvents, openNbEvents } from "./nb_events.ts";
import { NotPublished } from "./not_published.ts";
import { publishState } from "./present_state.ts";

/** Health events of an NbApi without connections: the iteration ends at once. */
const NONE = new Broadcast<HealthEvent>();
NONE.close();

/**
 * The northbound database with events: changes that a controller writes through it reach every node
 * that follows it.
 *
 * With `enable_df_pub_sub` off it is only the database: it publishes nothing and yields no changes.
 */
export class NbApi implements AsyncDisposable {
  readonly #options: NbApiOptions;
  readonly #db: NbDbDriver;
  readonly #changes: NbChanges;
  #events: NbEvents | undefined;
  /** The writes in progress, each with the sending of its event. */
  readonly #publishing = new Set<Promise<void>>();
  #disposed: Promise<void> | undefined;

  /**
   * Opens the database, the publisher and the subscriber between hosts, and begins to follow the
   * publishers. According to `pub_sub_use_multiproc`, the publisher is one to the service of this
   * host or one to the network.
   *
   * @throws {DriverError} if a driver is unknown or cannot be opened; nothing stays open then
   * @throws {TypeError} for `since` together with `tables`
   */
  static async open(options: NbApiOptions): Promise<NbApi> {
    const { settings, drivers, log } = options;
    refuseSinceWithTables(options);
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
    const untilLive = (signal: AbortSignal) => this.ready({ signal });
    const positions = () => this.#events?.subscriber.positions ?? [];
    this.#changes = new NbChanges({ ...options, db, untilLive, positions });
  }

  async #openEvents(): Promise<void> {
    this.#events = await openNbEvents(this.#options, this.#db, {
      onUpdates: (updates) => this.#changes.push(updates),
      whenApplied: () => this.#changes.applied(),
      onHealth: (event) => this.#changes.onHealth(event),
    });
  }

  /** The state of the connections to publishers; empty without events. */
  health(): AsyncIterable<HealthEvent> {
    return this.#events?.subscriber.health ?? NONE;
  }

  /** Resolves when every publisher known at this moment is live; at once without events. */
  async ready(options: WaitOptions = {}): Promise<void> {
    requireWaitOptions("NbApi.ready", options);
    await this.#events?.subscriber.ready(options);
  }

  /** Also receives the events of a project, for selective topology distribution. */
  registerTopic(topic: string): void {
    this.#events?.subscriber.registerTopic(topic);
    this.#changes.registerTopic(topic);
  }

  /** Stops receiving the events of a project, and drops those that the application has not taken. */
  unregisterTopic(topic: string): void {
    this.#events?.subscriber.unregisterTopic(topic);
    this.#changes.unregisterTopic(topic);
  }

  /**
   * The value of one row: JSON text, as it was written.
   *
   * @throws {DbKeyNotFound} when there is no such row
   * @throws {DbUnavailable} when the database does not answer: whether the row exists is unknown
   */
  async get(table: string, key: string, options?: TopicOption): Promise<string> {
    return await this.#db.get(table, key, checkedTopic(options));
  }

  /** The rows of a table, or those of one topic in it, sorted by key. @throws {DbUnavailable} */
  async getAll(table: string, options?: TopicOption): Promise<DbRow[]> {
    return await this.#db.entries(table, checkedTopic(options));
  }

  /**
   * Writes a row, replacing the one of that key if it exists, and publishes it. Resolves when the
   * service of this host or the broker has accepted the event, where the driver confirms events.
   *
   * With selective topology distribution, the event goes to the row's topic only. If the row has
   * another topic so far, delete it there first: nodes of that topic would keep it.
   *
   * @throws {NotPublished} when the row was written and its event was not published
   * @throws {DbUnavailable} when nothing was published; with `isUncertain` the row may exist
   */
  async create(table: string, key: string, value: string, options?: TopicOption): Promise<void> {
    const write = this.#db.create(table, key, value, checkedTopic(options));
    await this.#publish(write, { table, key, action: "create", value, topic: options?.topic });
  }

  /** Replaces the value of an existing row and publishes it. @throws {DbKeyNotFound | NotPublished} */
  async set(table: string, key: string, value: string, options?: TopicOption): Promise<void> {
    const write = this.#db.set(table, key, value, checkedTopic(options));
    await this.#publish(write, { table, key, action: "set", value, topic: options?.topic });
  }

  /** Removes an existing row and publishes that. @throws {DbKeyNotFound | NotPublished} */
  async delete(table: string, key: string, options?: TopicOption): Promise<void> {
    const write = this.#db.delete(table, key, checkedTopic(options));
    await this.#publish(write, { table, key, action: "delete", topic: options?.topic });
  }

  /**
   * Publishes the current state of a row: a `set` with its value, or a `delete` when there is no such
   * row. Use it for a row whose event was not published, also for a deleted one.
   *
   * @throws {NotPublished | DbUnavailable}
   */
  async republish(table: string, key: string, options?: TopicOption): Promise<void> {
    const { topic } = checkedTopic(options);
    const read = () => this.#db.get(table, key, { topic });
    await this.#track(publishState(read, (state) => this.#send({ table, key, ...state, topic })));
  }

  /**
   * The next number of a table's counter, from 1, as `allocate_unique_key` of the original: no program
   * on this database gets the same number twice. Nothing is published.
   */
  allocateUniqueKey(table: string): Promise<number> {
    return this.#db.allocateUniqueKey(table);
  }

  async #publish(write: Promise<void>, change: DbUpdateInit): Promise<void> {
    await this.#track(write.then(() => this.#send(change)));
  }

  async #track(publishing: Promise<void>): Promise<void> {
    this.#publishing.add(publishing);
    await publishing.finally(() => this.#publishing.delete(publishing));
  }

  async #send(change: DbUpdateInit): Promise<void> {
    if (this.#events === undefined) return;
    const isSelective = this.#options.settings.get(enableSelectiveTopologyDistribution);
    const topic = isSelective ? change.topic : SEND_ALL_TOPIC;
    const update = dbUpdate({ ...change, topic, timestamp: this.#options.clock.now() });
    try {
      await this.#events.publisher.sendChange(update);
    } catch (error) {
      throw new NotPublished(update, error);
    }
  }

  /**
   * The changes that all nodes publish, until it is disposed.
   *
   * Without `tables`: a value that an event lacks is read from the database. An event that says the
   * state of a row is skipped if the row is gone by then, as its deletion follows. A `sync` means
   * that changes may have been missed: read everything again.
   *
   * With `tables`: when events are certain to arrive, it yields every row of these tables as
   * `initial`, then one `synced` with the publishers' positions as its value, then the changes.
   * The last state of every row arrives, and no change is older than the last yielded state of its
   * row: an event may come with a later value, and an event that a later one has overtaken is left
   * out. After a `sync`, the NbApi reads the rows again and yields the differences and then
   * `sync_finished`. While the database is unreachable, changes are queued. Several iterations share
   * the changes.
   *
   * Before the first call, the process counts as one that only writes: {@linkcode applied} and
   * `df-pubsub wait` do not wait for it. One minute after it was opened, it begins to keep one
   * `sync` instead of the changes, until the first call.
   */
  changes(options: Pick<WaitOptions, "signal"> = {}): AsyncIterable<DbUpdate> {
    requireWaitOptions("NbApi.changes", options);
    return this.#changes.updates(options.signal);
  }

  /**
   * Resolves when enough nodes have applied all events up to a position, as far as their service
   * knows. The position is the `origin` of an event or, on a broker that keeps events, its
   * `{ topic, position }`.
   *
   * @throws {DriverError} `NO_PUBLISHER_SERVICE` when the service cannot be asked, `REFUSED` when it
   * cannot tell. An abort rejects with the signal's reason.
   * @throws {RangeError} for an invalid position or invalid options
   * @throws {ConfigError} when the file of the token cannot be read
   */
  async applied(position: Position, options: NodesAppliedOptions): Promise<AppliedReport> {
    const { settings, io } = this.#options;
    const access = io === undefined ? {} : await readPageAccess(settings, io);
    return await nodesApplied(position, this.#events?.subscriber, { ...options, settings, access });
  }

  /**
   * Ends the changes and closes everything, after waiting for the writes in progress, and at most
   * `pub_sub_send_timeout` for their events. The report counts the events that the publisher
   * service, or the broker, accepted.
   */
  async close(): Promise<PublisherReport> {
    await Promise.allSettled(this.#publishing);
    const closing = this.#events?.publisher.close() ?? Promise.resolve({ flushed: true });
    return await closing.finally(() => this[Symbol.asyncDispose]());
  }

  /** Closes everything at once. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#disposed ??= this.#dispose();
  }

  async #dispose(): Promise<void> {
    // Disposed in reverse order, each even if another one rejects.
    await using all = new AsyncDisposableStack();
    all.use(this.#db);
    all.defer(() => this.#changes.close());
    all.use(this.#events?.publisher);
    all.use(this.#events?.subscriber);
    this.#changes.stop();
  }
}
