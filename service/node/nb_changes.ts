import type { NbDbDriver } from "../../drivers/contract/db.ts";
import type { HealthEvent } from "../../drivers/contract/health.ts";
import { ChangeQueue } from "./change_queue.ts";
import {
  enableSelectiveTopologyDistribution,
  pubSubChangeQueueBytes,
  pubSubChangeQueueSize,
  pubSubSendTimeout,
} from "../config/options/pub_sub.ts";
import { type DbUpdate, SEND_ALL_TOPIC, sentTo, syncUpdate } from "../event/db_update.ts";
import { lacksValue, withValue } from "../event/missing_value.ts";
import type { NbApiOptions } from "./nb_api_options.ts";
import { FollowedTables } from "./tables/followed_tables.ts";
import type { PublisherPosition } from "../protocol/position_log.ts";
import { SharedIteration } from "../base/shared_iteration.ts";
import { RefusalLog } from "../base/refusal_log.ts";
import { WarningFolder } from "../base/warning_folder.ts";
import type { Settings } from "../../drivers/contract/option.ts";

/** After this time, an application that has not requested changes counts as one that only writes. */
const WRITES_ONLY_MS = 60_000;

/** Options besides those of the `NbApi`. */
export interface NbChangesOptions extends NbApiOptions {
  readonly db: NbDbDriver;
  /** Resolves when events that are published from then on will arrive. */
  readonly untilLive: (signal: AbortSignal) => Promise<unknown>;
  /** The positions of the publishers. @default those of the received events */
  readonly positions?: () => readonly PublisherPosition[];
  /** The topics to follow from the start, besides the broadcast topic. */
  readonly topics?: readonly string[] | undefined;
}

/**
 * The changes for an application: events in a queue, with missing values read and, with tables,
 * compared with the rows.
 */
export class NbChanges {
  readonly #options: NbChangesOptions;
  readonly #queue: ChangeQueue;
  readonly #reads: WarningFolder;
  readonly #followed: FollowedTables | undefined;
  /** The followed topics, without the broadcast topic. */
  readonly #topics: Set<string>;
  #shared: SharedIteration<DbUpdate> | undefined;
  #isClosed = false;

  /** Creates it without reading anything. */
  constructor(options: NbChangesOptions) {
    this.#options = options;
    const { settings, clock, log, tables = [], topics } = options;
    this.#topics = new Set(topics);
    this.#reads = new WarningFolder({ subject: "Reading the rows of events", log, clock });
    const overflows = new RefusalLog("Change queue", log, clock);
    const capacity = settings.get(pubSubChangeQueueSize);
    const writesOnlyAt = clock.monotonic() + WRITES_ONLY_MS;
    const writesOnly = () => this.#shared === undefined && clock.monotonic() >= writesOnlyAt;
    this.#queue = new ChangeQueue({
      // A second event then overflows the queue, and a sync replaces both.
      get capacity() {
        return writesOnly() ? 1 : capacity;
      },
      maxBytes: settings.get(pubSubChangeQueueBytes),
      clock,
      onOverflow: (discarded) => {
        // A process that only writes takes no changes, so it misses none.
        if (this.#shared === undefined) return;
        overflows.note("overflow", `the queue was full, so a sync replaced ${discarded} changes`);
      },
    });
    this.#followed = tables.length > 0 ? this.#follow(tables) : undefined;
  }

  #follow(tables: readonly string[]): FollowedTables {
    const { settings } = this.#options;
    return new FollowedTables({
      ...this.#options,
      tables,
      topics: this.#topics,
      queue: this.#queue,
      isSelective: settings.get(enableSelectiveTopologyDistribution),
      maxDelayMs: maxUpdateDelayMs(settings),
      complete: (update) => this.#complete(update),
    });
  }

  /** Handles a change in the state of a connection. */
  onHealth(event: HealthEvent): void {
    this.#followed?.onHealth(event);
  }

  /** Adds received events. */
  push(updates: readonly DbUpdate[]): void {
    if (this.#followed !== undefined) return this.#followed.push(updates);
    for (const update of updates) this.#queue.push(update);
  }

  /**
   * Resolves when the application has handled all events pushed so far and asks for more. Before
   * {@linkcode updates}, it resolves at once: a process that only writes has nothing to handle.
   */
  applied(): Promise<void> {
    return this.#shared === undefined ? Promise.resolve() : this.#queue.emptied();
  }

  /** Follows one more topic. */
  registerTopic(topic: string): void {
    this.#topics.add(topic);
    void this.#followed?.registerTopic(topic);
  }

  /** Stops following a topic. */
  unregisterTopic(topic: string): void {
    this.#topics.delete(topic);
    this.#followed?.unregisterTopic(topic);
    this.#queue.drop((update) => sentTo(update) === topic);
  }

  /** What the application gets, until closed or the signal aborts. Several iterations share it. */
  updates(signal?: AbortSignal): AsyncIterable<DbUpdate> {
    this.#shared ??= new SharedIteration(this.#followed?.updates() ?? { next: () => this.#next() });
    return this.#shared.iterate(signal);
  }

  /** The next change. A generator would take a quarter more time. */
  async #next(): Promise<IteratorResult<DbUpdate, void>> {
    for (;;) {
      const update = await this.#queue.take();
      if (update === undefined) return { done: true, value: undefined };
      const complete = lacksValue(update) ? await this.#complete(update) : update;
      if (this.#isClosed) return { done: true, value: undefined };
      // The application may have unregistered the topic while the row was read.
      if (complete !== undefined && this.#isOfTopic(complete)) return { value: complete };
    }
  }

  #isOfTopic(update: DbUpdate): boolean {
    const topic = sentTo(update);
    return topic === SEND_ALL_TOPIC || this.#topics.has(topic);
  }

  /** Adds the value to an event; replaces the event with a `sync` if its row cannot be read. */
  async #complete(update: DbUpdate): Promise<DbUpdate | undefined> {
    try {
      const complete = await withValue(update, this.#options.db);
      if (complete !== update) this.#reads.success();
      return complete;
    } catch (error) {
      if (!this.#isClosed) this.#reads.failure(error);
      const timestamp = this.#options.clock.now();
      return syncUpdate("unreadable", { timestamp });
    }
  }

  /** Stops reading. */
  stop(): void {
    this.#isClosed = true;
    this.#followed?.stop();
  }

  /** Ends the changes. */
  close(): void {
    this.stop();
    this.#queue.close();
  }
}

/** Maximum time that an event needs from one node to another. */
const ON_ITS_WAY_MS = 1_000;

/**
 * Maximum time from the write of a row to the arrival of its event, in milliseconds: a writer has
 * `pub_sub_send_timeout` to send the event.
 */
function maxUpdateDelayMs(settings: Settings): number {
  return settings.get(pubSubSendTimeout) * 1000 + ON_ITS_WAY_MS;
}
