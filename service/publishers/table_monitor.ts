import type { DbRow, NbDbDriver } from "../../drivers/contract/db.ts";
import { messageOf } from "../../drivers/contract/errors.ts";
import type { Logger } from "../../drivers/contract/logger.ts";
import { inTurns } from "../../drivers/contract/next_turn.ts";
import { pause } from "../../drivers/contract/waiting.ts";
import type { Clock } from "../base/clock.ts";
import { type DbUpdate, dbUpdate, PUBLISHER_TABLE, SEND_ALL_TOPIC } from "../event/db_update.ts";
import { diffTable, sameButActivity, type TableChange, type TableDiff } from "./table_diff.ts";
import { WarningFolder } from "../base/warning_folder.ts";

/** Publishes one event; throws or rejects if it could not. */
export type PublishUpdate = (update: DbUpdate) => void | Promise<void>;

/** A pause of `pauseMs` after every `rows` events, since the queues of subscribers are finite. */
export interface Pace {
  /** Number of events between two pauses. */
  readonly rows: number;
  /** Duration of a pause in milliseconds. */
  readonly pauseMs: number;
}

const DEFAULT_PACE: Pace = { rows: 100, pauseMs: 50 };

/** Options of a {@linkcode TableMonitor}. */
export interface TableMonitorOptions {
  /** Milliseconds from the end of one poll to the beginning of the next. */
  readonly pollMs: number;
  /** Whether the first poll publishes a `create` for each row. */
  readonly announceExisting: boolean;
  /** Must not wait for long: a row that fails does not hold up the others. */
  readonly publish: PublishUpdate;
  /** The time. */
  readonly clock: Clock;
  /** Where to report to. */
  readonly log: Logger;
  /** The topic of an event. @default SEND_ALL_TOPIC */
  readonly topicOf?: (row: DbRow) => string;
  /** How fast events are published. @default 100 rows, then 50 ms: 2,000 per second */
  readonly pace?: Pace;
  /** Called with the duration of each poll, including failed ones. */
  readonly onPoll?: (seconds: number) => void;
}

/** Totals since the monitor was created. */
export interface TableMonitorCounters {
  /** Number of polls. */
  readonly polls: number;
  /** Polls that did not read the table because its version had not changed. */
  readonly unchanged: number;
  /** Events that were published. */
  readonly published: number;
  /** Polls and events that failed; each is tried again. */
  readonly failed: number;
}

/**
 * Watches one table and publishes its changes: `create`, `set` and `delete`.
 *
 * Each poll compares the table with what was published, row by row, so the next poll finds an event
 * again that could not be published. Several changes between two polls are one. In the publishers
 * table a change of only the last activity does not count.
 *
 * It keeps every row of the table in memory: the length of its text (twice that if it is not
 * Latin-1) plus about 200 bytes. During a poll it keeps changed rows twice.
 */
export class TableMonitor {
  readonly #db: NbDbDriver;
  readonly #table: string;
  readonly #options: TableMonitorOptions;
  readonly #pace: Pace;
  readonly #folder: WarningFolder;
  readonly #counters = { polls: 0, unchanged: 0, published: 0, failed: 0 };
  /** The rows that subscribers know; undefined before the first successful poll. */
  #baseline: Map<string, DbRow> | undefined;
  /**
   * The version of the table that the baseline matches, when all of it is published; null if
   * unknown.
   */
  #version: string | null = null;
  #sincePause = 0;

  /**
   * Creates it without opening or reading anything.
   *
   * @param table the name of the table
   */
  constructor(db: NbDbDriver, table: string, options: TableMonitorOptions) {
    this.#db = db;
    this.#table = table;
    this.#options = options;
    this.#pace = options.pace ?? DEFAULT_PACE;
    const { log, clock } = options;
    this.#folder = new WarningFolder({ subject: `Monitor of table "${table}"`, log, clock });
  }

  /** The current totals. */
  get counters(): TableMonitorCounters {
    return { ...this.#counters };
  }

  /** Polls until the signal aborts; then it resolves. No failure ends it. */
  async run(signal: AbortSignal): Promise<void> {
    try {
      while (!signal.aborted) {
        await this.poll(signal);
        await pause(this.#options.pollMs, signal, this.#options.clock);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  /**
   * Reads the table once and publishes its changes. A failure is logged and the next poll tries
   * again; only an abort rejects, with the signal's reason.
   */
  async poll(signal?: AbortSignal): Promise<void> {
    this.#counters.polls++;
    const start = this.#options.clock.monotonic();
    try {
      const version = await this.#db.tableVersion(this.#table);
      if (version !== null && version === this.#version) {
        this.#counters.unchanged++;
      } else {
        // The table is read after its version: a change in between is read now and again by the
        // next poll.
        const rows = await this.#db.entries(this.#table, { known: this.#baseline });
        await this.#catchUp(rows, signal);
        this.#version = version;
      }
      this.#folder.success();
    } catch (error) {
      if (signal?.aborted) throw error;
      this.#fail(error);
    } finally {
      this.#options.onPoll?.((this.#options.clock.monotonic() - start) / 1000);
    }
  }

  #fail(error: unknown): void {
    this.#counters.failed++;
    // A database that was created anew during an outage may count its versions from the beginning.
    this.#version = null;
    this.#folder.failure(error);
  }

  async #catchUp(rows: readonly DbRow[], signal: AbortSignal | undefined): Promise<void> {
    if (this.#baseline === undefined && !this.#options.announceExisting) {
      const baseline = new Map<string, DbRow>();
      await inTurns(rows, (row) => void baseline.set(row.key, row));
      this.#baseline = baseline;
      return;
    }
    const baseline = this.#baseline ??= new Map();
    const diff = await this.#diff(baseline, rows);
    await inTurns(diff.unimportant, (row) => void baseline.set(row.key, row));
    await this.#publishAll(diff.changes, baseline, signal);
  }

  #diff(baseline: ReadonlyMap<string, DbRow>, rows: readonly DbRow[]): Promise<TableDiff> {
    const same = this.#table === PUBLISHER_TABLE ? { same: sameButActivity } : {};
    return diffTable(baseline, rows, same);
  }

  /** Publishes one event after the other. @throws the first failure, after all others were tried */
  async #publishAll(
    changes: readonly TableChange[],
    baseline: Map<string, DbRow>,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    let failure: { readonly key: string; readonly error: unknown } | undefined;
    let failedKey: string | undefined;
    for (const change of changes) {
      // The second half of a move waits for the first.
      if (change.row.key === failedKey) continue;
      await this.#keepPace(signal);
      try {
        await this.#publish(change);
        applyChange(baseline, change);
      } catch (error) {
        this.#counters.failed++;
        failedKey = change.row.key;
        failure ??= { key: failedKey, error };
      }
    }
    if (failure !== undefined) throw publishFailure(failure);
  }

  async #publish({ action, row }: TableChange): Promise<void> {
    const { publish, topicOf, clock } = this.#options;
    await publish(dbUpdate({
      table: this.#table,
      key: row.key,
      action,
      value: action === "delete" ? null : row.value,
      topic: topicOf === undefined ? SEND_ALL_TOPIC : topicOf(row),
      timestamp: clock.now(),
    }));
    this.#counters.published++;
  }

  async #keepPace(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    if (this.#sincePause >= this.#pace.rows) {
      await this.#options.clock.sleep(this.#pace.pauseMs, signal);
      this.#sincePause = 0;
    }
    this.#sincePause++;
  }
}

function applyChange(baseline: Map<string, DbRow>, { action, row }: TableChange): void {
  if (action === "delete") baseline.delete(row.key);
  else baseline.set(row.key, row);
}

function publishFailure({ key, error }: { key: string; error: unknown }): Error {
  return new Error(`Cannot publish the change of row "${key}": ${messageOf(error)}`, {
    cause: error,
  });
}
