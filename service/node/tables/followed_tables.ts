import type { NbDbDriver } from "../../../drivers/contract/db.ts";
import type { HealthEvent } from "../../../drivers/contract/health.ts";
import type { Logger } from "../../../drivers/contract/logger.ts";
import type { ChangeQueue } from "../change_queue.ts";
import type { Clock } from "../../base/clock.ts";
import { type DbUpdate, dbUpdate, SEND_ALL_TOPIC } from "../../event/db_update.ts";
import { FollowedRows } from "./followed_rows.ts";
import { RetryLoop } from "../../base/retry_loop.ts";
import { initialRow, syncedMark, syncFinishedMark } from "./snapshot_marks.ts";
import { type Position, PositionLog, type PublisherPosition } from "../../protocol/position_log.ts";
import { RowReader } from "./row_reader.ts";
import { ReadTimes } from "./read_times.ts";
import { TableView } from "./table_view.ts";

/** Maximum number of events that are handled, and whose rows are read, together. */
const MAX_AT_ONCE = 1_000;

/** Options of {@linkcode FollowedTables}. */
export interface FollowedTablesOptions {
  /** The names of the tables. */
  readonly tables: readonly string[];
  readonly db: NbDbDriver;
  /** The queue of events, from which this takes all. */
  readonly queue: ChangeQueue;
  /**
   * Resolves when events that are published from then on will arrive; called again until it does.
   */
  readonly untilLive: (signal: AbortSignal) => Promise<unknown>;
  /** Whether to follow only rows of the subscribed topics and rows without a topic. */
  readonly isSelective: boolean;
  /** The topics that are followed now, besides the broadcast topic. */
  readonly topics: ReadonlySet<string>;
  /** Maximum time from the write of a row to the arrival of its event, in milliseconds. */
  readonly maxDelayMs: number;
  /** Completes events that are not about rows of these tables. */
  readonly complete: (update: DbUpdate) => Promise<DbUpdate | undefined>;
  /** The positions of the publishers, from a source that is better than the received events. */
  readonly positions?: (() => readonly PublisherPosition[]) | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Keeps an application up to date with the rows of chosen tables: a snapshot, then the changes.
 *
 * It handles each `sync`: it reads the rows again, table by table, and yields the differences to
 * what the application has. It waits for a database that is unreachable.
 */
export class FollowedTables {
  readonly #options: FollowedTablesOptions;
  readonly #abort = new AbortController();
  readonly #view: TableView;
  readonly #readTimes: ReadTimes;
  readonly #reader: RowReader;
  readonly #rows: FollowedRows;
  readonly #lastReads = new LastReads();
  readonly #liveRetries: RetryLoop;
  #positions: PositionLog | undefined = new PositionLog();

  /** Creates it. It reads nothing before the first event is asked for. */
  constructor(options: FollowedTablesOptions) {
    this.#options = options;
    const { tables, maxDelayMs, clock } = options;
    const { signal } = this.#abort;
    this.#view = new TableView(tables);
    this.#readTimes = new ReadTimes(maxDelayMs, clock);
    this.#reader = new RowReader({ ...options, signal });
    const parts = { view: this.#view, readTimes: this.#readTimes, reader: this.#reader };
    this.#rows = new FollowedRows(parts);
    this.#liveRetries = new RetryLoop({
      ...options,
      subject: "Waiting for live subscriptions at every publisher",
    });
  }

  /** Handles a change in the state of a connection. */
  onHealth(event: HealthEvent): void {
    this.#readTimes.onHealth(event);
  }

  /** Adds received events. */
  push(updates: readonly DbUpdate[]): void {
    for (const update of updates) {
      this.#positions?.note(update);
      this.#readTimes.arrived(update);
      this.#options.queue.push(update);
    }
  }

  /** Follows the rows of one more topic, whose subscription has begun. */
  async registerTopic(topic: string): Promise<void> {
    try {
      await this.#untilLive();
    } catch {
      return; // Stopped in the meantime.
    }
    const timestamp = this.#options.clock.now();
    this.push([dbUpdate({ table: null, key: null, action: "sync", topic, timestamp })]);
  }

  /** Stops following the rows of a topic, without yielding their deletion. */
  unregisterTopic(topic: string): void {
    if (this.#options.isSelective) this.#view.forgetTopic(topic);
  }

  /** Ends every wait for rows and publishers, and yields nothing more. The queue stays open. */
  stop(): void {
    this.#abort.abort();
  }

  /** The snapshot, and then the changes until the queue is closed. Call it only once. */
  async *updates(): AsyncGenerator<DbUpdate, void, undefined> {
    const { queue } = this.#options;
    const { signal } = this.#abort;
    try {
      yield* this.#snapshot();
      for (let first = await queue.take(); first !== undefined; first = await queue.take()) {
        if (signal.aborted) return;
        yield* this.#deliver([first, ...queue.takeWaiting(MAX_AT_ONCE - 1)]);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  async *#snapshot(): AsyncGenerator<DbUpdate, void, undefined> {
    await this.#untilLive();
    // The rows that are read next include all events that have arrived by now.
    const positions = this.#takePositions();
    for await (const row of this.#differences()) yield initialRow(row);
    yield syncedMark(positions, this.#options.clock.now());
  }

  #takePositions(): Position[] {
    const log = this.#positions ?? new PositionLog();
    this.#positions = undefined;
    log.know(this.#options.positions?.() ?? []);
    return log.list();
  }

  #untilLive(): Promise<unknown> {
    const { signal } = this.#abort;
    return this.#liveRetries.run(() => this.#options.untilLive(signal), signal);
  }

  async *#deliver(updates: readonly DbUpdate[]): AsyncGenerator<DbUpdate, void, undefined> {
    let first = 0;
    for (const [index, update] of updates.entries()) {
      if (update.action !== "sync" || update.table !== null) continue;
      yield* this.#deliverChanges(updates.slice(first, index));
      if (this.#isFollowed(update.topic)) yield* this.#sync(update);
      first = index + 1;
    }
    yield* this.#deliverChanges(updates.slice(first));
  }

  async *#deliverChanges(updates: readonly DbUpdate[]): AsyncGenerator<DbUpdate, void, undefined> {
    const [first] = updates;
    if (first === undefined) return;
    this.#readTimes.forgetUntil(this.#readTimes.arrivalOf(first));
    const deliver = await this.#rows.judge(updates);
    for (const update of updates) {
      // The application may unregister a topic at each event.
      if (!this.#isFollowed(update.topic)) continue;
      const isRow = this.#view.follows(update);
      const present = isRow ? deliver(update) : await this.#options.complete(update);
      if (this.#abort.signal.aborted) return;
      if (present !== undefined && this.#isFollowed(update.topic)) yield present;
    }
  }

  /** Reads all rows again, unless a read has begun after the `sync` arrived. */
  async *#sync(update: DbUpdate): AsyncGenerator<DbUpdate, void, undefined> {
    const topic = update.topic === SEND_ALL_TOPIC ? undefined : update.topic;
    if (this.#lastReads.covers(topic, this.#readTimes.arrivalOf(update))) return;
    yield* this.#differences(topic);
    if (this.#isFollowed(update.topic)) {
      yield syncFinishedMark(update.topic, this.#options.clock.now());
    }
  }

  /** The differences between the current rows and what the application has. */
  async *#differences(topic?: string): AsyncGenerator<DbUpdate, void, undefined> {
    const isFollowed = (each: string | null) => this.#isFollowed(each);
    this.#lastReads.begin(topic, this.#readTimes.moment());
    for (const table of this.#view.tables) {
      const rows = await this.#reader.table(table, topic);
      this.#readTimes.tableRead(table, Math.max(rows.length, this.#view.size(table)));
      const timestamp = this.#options.clock.now();
      const followed = rows.filter((row) => isFollowed(row.topic));
      const options = { topic, timestamp, isFollowed };
      for (const update of this.#view.reconcile(table, followed, options)) {
        yield update;
        if (this.#abort.signal.aborted) return;
      }
    }
  }

  #isFollowed(topic: string | null): boolean {
    if (!this.#options.isSelective || topic === null || topic === SEND_ALL_TOPIC) return true;
    return this.#options.topics.has(topic);
  }
}

/** Maximum number of topics whose reads are remembered. */
const MAX_TOPICS = 10_000;

/**
 * The times of the last reads, so that several `sync`s that arrive together cause one read, and
 * those that arrive during a read cause one more.
 */
class LastReads {
  readonly #topics = new Map<string, number>();
  #everything = -Infinity;

  /** Notes that the rows of a topic, or all rows, are read from this moment on. */
  begin(topic: string | undefined, moment: number): void {
    if (topic === undefined) {
      this.#everything = moment;
      this.#topics.clear();
    } else {
      if (this.#topics.size >= MAX_TOPICS) this.#topics.clear();
      this.#topics.set(topic, moment);
    }
  }

  /** Whether a read has begun after a `sync` arrived at this moment. */
  covers(topic: string | undefined, arrival: number): boolean {
    const began = topic === undefined ? undefined : this.#topics.get(topic);
    return arrival < Math.max(this.#everything, began ?? -Infinity);
  }
}
