import type { DbRow, NbDbDriver } from "../../drivers/contract/db.ts";
import { pause } from "../../drivers/contract/waiting.ts";
import { enableSelectiveTopologyDistribution } from "../config/options/pub_sub.ts";
import { publisherTimeout, stalePublisherPollTime } from "../config/options/publishers.ts";
import {
  monitorTablePollTime,
  monitorTables,
  tableMonitorAnnounceExisting,
} from "../config/options/table_monitors.ts";
import { PUBLISHER_TABLE, SEND_ALL_TOPIC } from "../event/db_update.ts";
import { Histogram } from "./observability/histogram.ts";
import type { Publisher } from "../publish/publisher.ts";
import type { IdentifiedOptions, PublisherServiceOptions } from "./publisher_service_options.ts";
import { PublishersTable } from "../publishers/publishers_table.ts";
import {
  StalePublisherMonitor,
  type StalePublisherMonitorOptions,
} from "../publishers/stale_publisher_monitor.ts";
import type { PublisherRegistration } from "../publishers/publisher_registration.ts";
import type { PublishUpdate } from "../publishers/published_table.ts";
import { TableMonitor } from "../publishers/table_monitor.ts";

/** Subscribers of this host's previous service have reconnected within this time. */
const RECONNECT_MS = 2_500;

/**
 * A longer time between two reads of the publishers table means that the database was unreachable.
 */
const MIN_WATCH_STEP_MS = 60_000;

/** The configured monitors of a service. */
export class Monitors {
  readonly #options: IdentifiedOptions;
  readonly #db: NbDbDriver;
  readonly #publish: PublishUpdate;
  /** Cleans up the publishers table. */
  readonly stale: StalePublisherMonitor;
  #tables: readonly WatchedTable[] = [];
  /** Stops the running monitors. */
  #round = new AbortController();
  #running: Promise<unknown> = Promise.resolve();

  /**
   * Starts the monitors.
   *
   * @param registration restores its row at once when the database reports that the row is gone:
   * nodes disconnect from a publisher without a row
   */
  constructor(
    options: IdentifiedOptions,
    db: NbDbDriver,
    publisher: Publisher,
    registration: Pick<PublisherRegistration, "noteGone">,
  ) {
    this.#options = options;
    this.#db = db;
    this.#publish = (update) => publisher.sendChange(update, this.#round);
    this.stale = stalePublisherMonitor(options, db, {
      publish: this.#publish,
      onOwnRowGone: () => registration.noteGone(),
    });
    this.#run();
  }

  /** One for each watched table. */
  get tables(): readonly WatchedTable[] {
    return this.#tables;
  }

  /**
   * Restarts the monitors with the current settings: each reads its table at once, and monitors of
   * tables that are still watched continue from their state.
   */
  restart(): void {
    this.#round.abort();
    this.#round = new AbortController();
    this.#run();
  }

  async stop(): Promise<void> {
    this.#round.abort();
    await this.#running;
  }

  /** Runs the configured monitors after the previous ones have ended. */
  #run(): void {
    const { signal } = this.#round;
    const wanted = new Set(this.#options.settings.get(monitorTables));
    // A kept monitor continues from what it has published.
    this.#tables = [...wanted].map((table) =>
      this.#tables.find((each) => each.table === table) ?? this.#watch(table)
    );
    const tables = this.#tables;
    this.#running = this.#running.then(() =>
      Promise.all([
        this.stale.run(signal),
        ...tables.map(({ monitor }) => runTableMonitor(this.#options, monitor, signal)),
      ])
    );
  }

  #watch(table: string): WatchedTable {
    return tableMonitor(this.#options, { db: this.#db, table, publish: this.#publish });
  }
}

function stalePublisherMonitor(
  options: IdentifiedOptions,
  db: NbDbDriver,
  hooks: Pick<StalePublisherMonitorOptions, "publish" | "onOwnRowGone">,
): StalePublisherMonitor {
  const { settings, clock, log, ownId, hostName } = options;
  const intervalMs = () => settings.get(stalePublisherPollTime) * 1000;
  const table = new PublishersTable(db, {
    get timeoutMs() {
      return settings.get(publisherTimeout) * 1000;
    },
    get maxStepMs() {
      return Math.max(MIN_WATCH_STEP_MS, 2 * intervalMs());
    },
    clock,
  });
  return new StalePublisherMonitor(table, {
    ownId,
    hostName,
    get intervalMs() {
      return intervalMs();
    },
    get isTableMonitored() {
      return settings.get(monitorTables).includes(PUBLISHER_TABLE);
    },
    ...hooks,
    clock,
    log,
  });
}

/** A watched table. */
export interface WatchedTable {
  readonly table: string;
  readonly monitor: TableMonitor;
  /** Durations of the polls. */
  readonly pollSeconds: Histogram;
}

function tableMonitor(
  { settings, clock, log }: PublisherServiceOptions,
  { db, table, publish }: { db: NbDbDriver; table: string; publish: PublishUpdate },
): WatchedTable {
  const isSelective = settings.get(enableSelectiveTopologyDistribution);
  const pollSeconds = new Histogram();
  const monitor = new TableMonitor(db, table, {
    get pollMs() {
      return settings.get(monitorTablePollTime) * 1000;
    },
    get announceExisting() {
      return settings.get(tableMonitorAnnounceExisting);
    },
    publish,
    topicOf: (row: DbRow) => isSelective ? row.topic ?? SEND_ALL_TOPIC : SEND_ALL_TOPIC,
    onPoll: (seconds) => pollSeconds.observe(seconds),
    clock,
    log,
  });
  return { table, monitor, pollSeconds };
}

// The first poll publishes for existing subscribers, so they must have reconnected before.
async function runTableMonitor(
  { settings, clock }: PublisherServiceOptions,
  monitor: TableMonitor,
  signal: AbortSignal,
): Promise<void> {
  const isFirst = monitor.counters.polls === 0;
  const pollMs = settings.get(monitorTablePollTime) * 1000;
  const isDue = await pause(isFirst ? Math.min(pollMs, RECONNECT_MS) : 0, signal, clock);
  if (isDue) await monitor.run(signal);
}
