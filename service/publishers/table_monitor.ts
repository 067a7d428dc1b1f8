import { Backoff } from "../../drivers/contract/backoff.ts";
import type { NbDbDriver, TableChange } from "../../drivers/contract/db.ts";
import type { Logger } from "../../drivers/contract/logger.ts";
import { pause } from "../../drivers/contract/waiting.ts";
import { PublishedTable, type PublishedTableOptions } from "./published_table.ts";
import { changesOf } from "./watched_changes.ts";
import { WarningFolder } from "../base/warning_folder.ts";

const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 86_400_000;

/** Options of a {@linkcode TableMonitor}. */
export interface TableMonitorOptions extends PublishedTableOptions {
  /**
   * Milliseconds from the end of one poll to the beginning of the next. If a change could not be
   * published, this is the maximum.
   */
  readonly pollMs: number;
  /** Where to report to. */
  readonly log: Logger;
  /** Called with the duration of each poll, including failed ones. */
  readonly onPoll?: (seconds: number) => void;
}

/** Totals since the monitor was created. */
export interface TableMonitorCounters {
  /** Number of times that the whole table, or only its version, was read. */
  readonly polls: number;
  /** Events that were published. */
  readonly published: number;
  /** Polls and events that failed; each is tried again. */
  readonly failed: number;
}

/**
 * Watches one table and publishes its changes: `create`, `set` and `delete`. The database reports
 * them, if it can watch tables. The monitor polls where it cannot, while a watch is interrupted,
 * and when a change could not be published.
 *
 * Each poll compares the table with what was published, row by row, so the next poll finds an event
 * again that could not be published. That poll begins after a second, and each further one after a
 * longer pause. Several changes between two polls are one. In the publishers table a change of only
 * the last activity does not count.
 *
 * It keeps every row of the table in memory: the length of its text (twice that if it is not
 * Latin-1) plus about 200 bytes. During a poll it keeps changed rows twice.
 */
export class TableMonitor {
  readonly #db: NbDbDriver;
  readonly #table: string;
  readonly #options: TableMonitorOptions;
  readonly #published: PublishedTable;
  readonly #folder: WarningFolder;
  readonly #watchFolder: WarningFolder;
  readonly #counters = { polls: 0, failed: 0 };
  /** The version of the table, when all of it is published; null if unknown. */
  #version: string | null = null;
  #isWatched = false;
  /** Whether there may be changes that are not published. */
  #isBehind = false;
  /** Whether changes could not be published at the last attempt. */
  #isRefused = false;
  readonly #retry = new Backoff({ firstMs: FIRST_RETRY_MS, maxMs: MAX_RETRY_MS });
  /** Time of the next poll, by the monotonic clock. */
  #pollAt = -Infinity;

  /**
   * Creates it without opening or reading anything.
   *
   * @param table the name of the table
   */
  constructor(db: NbDbDriver, table: string, options: TableMonitorOptions) {
    this.#db = db;
    this.#table = table;
    this.#options = options;
    this.#published = new PublishedTable(table, options);
    const { log, clock } = options;
    this.#folder = new WarningFolder({ subject: `Monitor of table "${table}"`, log, clock });
    const subject = `Watch of table "${table}"`;
    this.#watchFolder = new WarningFolder({ subject, log, clock });
  }

  /** The current totals. */
  get counters(): TableMonitorCounters {
    const { published, failed } = this.#published.counters;
    return { ...this.#counters, published, failed: this.#counters.failed + failed };
  }

  /** Watches or polls until the signal aborts; then it resolves. No failure ends it. */
  async run(signal: AbortSignal): Promise<void> {
    try {
      await this.#follow(signal);
      while (!signal.aborted) {
        await this.poll(signal);
        await pause(this.#untilPollMs, signal, this.#options.clock);
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
      await this.#attempt(() => this.#readOnce(signal), signal);
    } finally {
      this.#options.onPoll?.((this.#options.clock.monotonic() - start) / 1000);
      this.#plan();
    }
  }

  /** Plans the next poll. */
  #plan(): void {
    const { pollMs, clock } = this.#options;
    const pauseMs = this.#isRefused ? Math.min(this.#retry.next(), pollMs) : pollMs;
    this.#pollAt = clock.monotonic() + pauseMs;
  }

  get #untilPollMs(): number {
    return Math.max(0, this.#pollAt - this.#options.clock.monotonic());
  }

  async #readOnce(signal: AbortSignal | undefined): Promise<void> {
    const version = await this.#db.tableVersion(this.#table);
    if (version === null || version !== this.#version) {
      // The table is read after its version: a change in between is read now and again by the
      // next poll.
      const rows = await this.#db.entries(this.#table, { known: this.#published.rows });
      await this.#published.catchUp(rows, signal);
      this.#version = version;
    }
    this.#noteLevel();
  }

  #noteLevel(): void {
    this.#isBehind = this.#isRefused = false;
    this.#retry.reset();
  }

  /** Follows the watch of the database until it ends; returns at once without one. */
  async #follow(signal: AbortSignal): Promise<void> {
    this.#plan();
    const changes = changesOf(this.#db, this.#table, {
      signal,
      known: () => this.#published.rows,
      pollMs: () => this.#isWatched && !this.#isBehind ? Infinity : this.#untilPollMs,
      clock: this.#options.clock,
    });
    for await (const change of changes) {
      if (change?.kind === "interrupted") {
        this.#watchFolder.failure(new Error(`polling until it works again: ${change.reason}`));
        this.#isWatched = false;
      }
      if (change === undefined || change.kind === "interrupted") await this.poll(signal);
      else await this.#take(change, signal);
      // While changes arrive without a pause, no wait for one ends.
      if (this.#isBehind && this.#untilPollMs === 0) await this.poll(signal);
    }
  }

  async #take(
    change: Exclude<TableChange, { readonly kind: "interrupted" }>,
    signal: AbortSignal,
  ): Promise<void> {
    this.#watchFolder.success();
    this.#isWatched = true;
    this.#version = null;
    const wasBehind = this.#isBehind;
    await this.#attempt(async () => {
      if (change.kind === "changes") return await this.#published.catchUpWith(change, signal);
      this.#counters.polls++;
      await this.#published.catchUp(change.rows, signal);
      this.#noteLevel();
    }, signal);
    // Further changes do not delay the poll.
    if (this.#isBehind && !wasBehind) this.#plan();
  }

  async #attempt(work: () => Promise<void>, signal: AbortSignal | undefined): Promise<void> {
    const { failed } = this.#published.counters;
    try {
      await work();
      if (!this.#isBehind) this.#folder.success();
    } catch (error) {
      if (signal?.aborted) throw error;
      this.#isRefused = this.#published.counters.failed > failed;
      this.#counters.failed++;
      this.#isBehind = true;
      // A database that was created anew during an outage may count its versions from the beginning.
      this.#version = null;
      this.#folder.failure(error);
    }
  }
}
