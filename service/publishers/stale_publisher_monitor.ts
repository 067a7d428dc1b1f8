import { messageOf } from "../../drivers/contract/errors.ts";
import type { Logger } from "../../drivers/contract/logger.ts";
import { pause } from "../../drivers/contract/waiting.ts";
import type { Clock } from "../base/clock.ts";
import { type DbUpdate, dbUpdate, PUBLISHER_TABLE } from "../event/db_update.ts";
import {
  isRetired,
  type PruneReport,
  type PublisherRow,
  type PublishersTable,
  type UnreadablePublisherRow,
} from "./publishers_table.ts";
import type { PublishUpdate } from "./published_table.ts";
import { SkewWarnings } from "./skew_warnings.ts";
import { WarningFolder } from "../base/warning_folder.ts";

/** Options of a {@linkcode StalePublisherMonitor}. */
export interface StalePublisherMonitorOptions {
  /** The key of this service's own row, which it never removes. */
  readonly ownId: string;
  /** The name of this host, for warnings about clocks. */
  readonly hostName: string;
  /** @default 10,000 */
  readonly intervalMs?: number;
  /**
   * Whether a {@linkcode TableMonitor} of this service watches the publishers table. If so, the
   * table monitor publishes the `delete` of a removed row; otherwise this monitor does. Subscribers
   * get one event in both cases.
   */
  readonly isTableMonitored: boolean;
  readonly publish: PublishUpdate;
  /** Called when the database reports a change and this service's own row does not exist. */
  readonly onOwnRowGone: () => void;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The content of the publishers table at the last read. */
export interface PublishersSeen {
  /** Number of live publishers, including this service. */
  readonly alive: number;
  /** Number of stale rows that were kept: not watched for long enough, or not removable. */
  readonly stale: number;
  /** Number of unreadable rows. */
  readonly unreadable: number;
  /** Number of rows removed since the start. */
  readonly removed: number;
}

/**
 * Removes the rows of other publishers that have not changed for longer than `publisher_timeout`,
 * and warns of clocks that differ from this host's.
 */
export class StalePublisherMonitor {
  readonly #table: PublishersTable;
  readonly #options: StalePublisherMonitorOptions;
  readonly #tableFolder: WarningFolder;
  readonly #publishFolder: WarningFolder;
  readonly #skews: SkewWarnings;
  /** Unreadable rows that were logged, by key. */
  #reported: ReadonlyMap<string, string> = new Map();
  #seen: PublishersSeen | undefined;
  #rows: readonly PublisherRow[] = [];
  /** Events for removed rows that are not published yet. */
  #unannounced: DbUpdate[] = [];
  #wake = new AbortController();

  /**
   * Creates it without opening or reading anything.
   *
   * @param table the table to clean up
   */
  constructor(table: PublishersTable, options: StalePublisherMonitorOptions) {
    this.#table = table;
    this.#options = options;
    const { log, clock } = options;
    this.#skews = new SkewWarnings(options.hostName, log);
    this.#tableFolder = new WarningFolder({ subject: "Removing stale publishers", log, clock });
    const subject = "Announcing removed publishers";
    this.#publishFolder = new WarningFolder({ subject, log, clock });
  }

  /** The result of the last successful read; undefined before the first. */
  get seen(): PublishersSeen | undefined {
    return this.#seen;
  }

  /** The rows of that read, sorted by key, including removed ones, but no retired ones. */
  get rows(): readonly PublisherRow[] {
    return this.#rows;
  }

  /**
   * Cleans up the table, poll by poll, until the signal aborts; then it resolves. No failure ends
   * it.
   */
  async run(signal: AbortSignal): Promise<void> {
    const following = this.#table.follow({ signal, onChange: () => void this.#findOwnRow() });
    const { clock } = this.#options;
    while (!signal.aborted) {
      this.#wake = new AbortController();
      await this.removeStale(signal);
      const either = AbortSignal.any([signal, this.#wake.signal]);
      await pause(this.#options.intervalMs ?? 10_000, either, clock);
    }
    await following;
  }

  async #findOwnRow(): Promise<void> {
    const { ownId, onOwnRowGone } = this.#options;
    const rows = await this.#table.list().catch(() => undefined);
    if (rows?.every(({ key }) => key !== ownId)) onOwnRowGone();
  }

  /** Cleans up at once, as after a change of the table. */
  look(): void {
    this.#wake.abort();
  }

  /** Cleans up once. A failure is logged; the next poll tries again. */
  async removeStale(signal?: AbortSignal): Promise<void> {
    try {
      const only = signal === undefined ? {} : { signal };
      const { ownId } = this.#options;
      const spared = { exceptId: ownId, onlyWatched: true };
      const report = await this.#table.prune({ ...spared, ...only });
      // Without its own row: a slow database makes it appear later than the time in it.
      this.#skews.note(report.rows.filter(({ key }) => key !== ownId));
      this.#account(report);
    } catch (error) {
      this.#tableFolder.failure(error);
    }
    await this.#announce();
  }

  #account(report: PruneReport): void {
    this.#rows = report.rows.filter((row) => !isRetired(row));
    this.#seen = {
      alive: report.alive,
      stale: report.failed.length + report.waiting.length,
      unreadable: report.unreadable.length,
      removed: (this.#seen?.removed ?? 0) + report.removed.length,
    };
    for (const row of report.removed) this.#noteRemoved(row);
    for (const { key } of report.changed) {
      this.#options.log.debug(`Publisher "${key}" has changed in the meantime and stays`);
    }
    this.#warnOfUnreadable(report.unreadable);
    const [failure] = report.failed;
    if (failure === undefined) return this.#tableFolder.success();
    this.#tableFolder.failure(failure.error);
  }

  #noteRemoved(row: PublisherRow): void {
    const { log, clock, isTableMonitored } = this.#options;
    const details = row.state === "unreadable" ? {} : { uri: row.record.uri, ageMs: row.ageMs };
    log.info(`Removing publisher "${row.key}"`, details);
    if (isTableMonitored) return;
    this.#unannounced.push(dbUpdate({
      table: PUBLISHER_TABLE,
      key: row.key,
      action: "delete",
      timestamp: clock.now(),
    }));
  }

  /** Warns once for each text of a row: a row that nobody repairs is not logged again. */
  #warnOfUnreadable(rows: readonly UnreadablePublisherRow[]): void {
    for (const { key, text, reason } of rows) {
      if (this.#reported.get(key) === text) continue;
      this.#options.log.warn(`Publisher row "${key}" cannot be read and stays: ${reason}`);
    }
    this.#reported = new Map(rows.map(({ key, text }) => [key, text]));
  }

  /** Publishes the outstanding events. After a failure the rest waits for the next poll. */
  async #announce(): Promise<void> {
    try {
      for (let next = this.#unannounced[0]; next !== undefined; next = this.#unannounced[0]) {
        await this.#options.publish(next);
        this.#unannounced.shift();
        this.#publishFolder.success();
      }
    } catch (error) {
      this.#publishFolder.failure(error);
      this.#options.log.debug(
        `${this.#unannounced.length} removals are not published yet: ${messageOf(error)}`,
      );
    }
  }
}
