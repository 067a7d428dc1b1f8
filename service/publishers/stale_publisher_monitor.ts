import { messageOf } from "../../drivers/contract/errors.ts";
import type { Logger } from "../../drivers/contract/logger.ts";
import { pause } from "../../drivers/contract/waiting.ts";
import type { Clock } from "../base/clock.ts";
import { type DbUpdate, dbUpdate, PUBLISHER_TABLE } from "../event/db_update.ts";
import type {
  PruneReport,
  PublisherRow,
  PublishersTable,
  UnreadablePublisherRow,
} from "./publishers_table.ts";
import type { PublishUpdate } from "./table_monitor.ts";
import { SkewWarnings } from "./skew_warnings.ts";
import { WarningFolder } from "../base/warning_folder.ts";

/** How a {@linkcode StalePublisherMonitor} works. */
export interface StalePublisherMonitorOptions {
  /** The key of this service's own row, which it never removes. */
  readonly ownId: string;
  /** The name of this host, for what is said of clocks that differ. */
  readonly hostName: string;
  /** @default 10,000 */
  readonly intervalMs?: number;
  /**
   * Whether a {@linkcode TableMonitor} of this service watches the publishers table. It then sees
   * the row go and publishes the `delete`; otherwise this monitor does. Either way it is one event.
   */
  readonly isTableMonitored: boolean;
  readonly publish: PublishUpdate;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The publishers table as a {@linkcode StalePublisherMonitor} last saw it. */
export interface PublishersSeen {
  /** Publishers alive, the own one included. */
  readonly alive: number;
  /** Silent for too long and still there: not watched for long enough, or not to be removed. */
  readonly stale: number;
  /** Rows that cannot be read. */
  readonly unreadable: number;
  /** Removed so far, since the beginning. */
  readonly removed: number;
}

/**
 * Removes the rows of other publishers that were not seen to change for longer than
 * `publisher_timeout`, and warns of clocks that differ from this host's.
 */
export class StalePublisherMonitor {
  readonly #table: PublishersTable;
  readonly #options: StalePublisherMonitorOptions;
  readonly #tableFolder: WarningFolder;
  readonly #publishFolder: WarningFolder;
  readonly #skews: SkewWarnings;
  /** Unreadable rows that were spoken of, key to text. */
  #reported: ReadonlyMap<string, string> = new Map();
  #seen: PublishersSeen | undefined;
  #rows: readonly PublisherRow[] = [];
  /** Removed rows whose `delete` has not gone out yet. */
  #unannounced: DbUpdate[] = [];

  /**
   * Nothing is opened or read yet.
   *
   * @param table the table to look after
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

  /** What the last look showed; undefined before the first that succeeded. */
  get seen(): PublishersSeen | undefined {
    return this.#seen;
  }

  /** The rows of that look, sorted by key, those that it removed included. */
  get rows(): readonly PublisherRow[] {
    return this.#rows;
  }

  /** Looks after the table until the signal is aborted, and then resolves; no failure ends it. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.removeStale(signal);
      await pause(this.#options.intervalMs ?? 10_000, signal, this.#options.clock);
    }
  }

  /** Looks once. A failure is logged and left to the next time. */
  async removeStale(signal?: AbortSignal): Promise<void> {
    try {
      const only = signal === undefined ? {} : { signal };
      const spared = { exceptId: this.#options.ownId, onlyWatched: true };
      const report = await this.#table.prune({ ...spared, ...only });
      this.#skews.note(report.rows);
      this.#account(report);
    } catch (error) {
      this.#tableFolder.failure(error);
    }
    await this.#announce();
  }

  #account(report: PruneReport): void {
    this.#rows = report.rows;
    this.#seen = {
      alive: report.alive,
      stale: report.failed.length + report.waiting.length,
      unreadable: report.unreadable.length,
      removed: (this.#seen?.removed ?? 0) + report.removed.length,
    };
    for (const row of report.removed) this.#noteRemoved(row);
    for (const { key } of report.changed) {
      this.#options.log.debug(`Publisher "${key}" has changed meanwhile and stays`);
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

  /** Once for each text: a row that nobody repairs is no news at the next look. */
  #warnOfUnreadable(rows: readonly UnreadablePublisherRow[]): void {
    for (const { key, text, reason } of rows) {
      if (this.#reported.get(key) === text) continue;
      this.#options.log.warn(`Publisher row "${key}" cannot be read and stays: ${reason}`);
    }
    this.#reported = new Map(rows.map(({ key, text }) => [key, text]));
  }

  /** Publishes what is left to tell; what fails, and all after it, waits for the next time. */
  async #announce(): Promise<void> {
    try {
      for (let next = this.#unannounced[0]; next !== undefined; next = this.#unannounced[0]) {
        await this.#options.publish(next);
        this.#unannounced.shift();
        this.#publishFolder.success();
      }
    } catch (error) {
      this.#publishFolder.failure(error);
      this.#options.log.debug(`${this.#unannounced.length} removals wait: ${messageOf(error)}`);
    }
  }
}
