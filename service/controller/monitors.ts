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
import type { ObservedTable } from "./observability/observed_parts.ts";
import type { Publisher } from "../publish/publisher.ts";
import type { IdentifiedOptions, PublisherServiceOptions } from "./publisher_service_options.ts";
import { type PublisherRow, PublishersTable } from "../publishers/publishers_table.ts";
import {
  type PublishersSeen,
  StalePublisherMonitor,
} from "../publishers/stale_publisher_monitor.ts";
import { type PublishUpdate, TableMonitor } from "../publishers/table_monitor.ts";

/** Subscribers that lost this host's last service are back within this time. */
const RECONNECT_MS = 2_500;

/** Two looks at the publishers table that are further apart had an outage between them. */
const MIN_WATCH_STEP_MS = 60_000;

/** The monitors of a service, running. */
export interface Monitors {
  /** One for each table that is watched. */
  readonly tables: readonly ObservedTable[];
  /** The publishers table when it was last looked at; undefined before. */
  readonly publishersSeen: PublishersSeen | undefined;
  /** The rows of that look. */
  readonly publisherRows: readonly PublisherRow[];
  /**
   * Begins anew with what the settings name now: each looks at its table at once, and tables that are
   * still watched go on from where they were.
   */
  restart(): void;
  stop(): Promise<void>;
}

/** Starts the monitors that the settings name. */
export function startMonitors(
  options: IdentifiedOptions,
  db: NbDbDriver,
  publisher: Publisher,
): Monitors {
  return new ServiceMonitors(options, db, publisher);
}

class ServiceMonitors implements Monitors {
  readonly #options: IdentifiedOptions;
  readonly #db: NbDbDriver;
  readonly #publish: PublishUpdate;
  readonly #stale: StalePublisherMonitor;
  #tables: readonly WatchedTable[] = [];
  /** Ends the monitors that run now. */
  #round = new AbortController();
  #running: Promise<unknown> = Promise.resolve();

  constructor(options: IdentifiedOptions, db: NbDbDriver, publisher: Publisher) {
    this.#options = options;
    this.#db = db;
    this.#publish = (update) => publisher.sendEvent(update, this.#round);
    this.#stale = stalePublisherMonitor(options, db, this.#publish);
    this.#run();
  }

  get tables(): readonly ObservedTable[] {
    return this.#tables;
  }

  get publishersSeen(): PublishersSeen | undefined {
    return this.#stale.seen;
  }

  get publisherRows(): readonly PublisherRow[] {
    return this.#stale.rows;
  }

  restart(): void {
    this.#round.abort();
    this.#round = new AbortController();
    this.#run();
  }

  async stop(): Promise<void> {
    this.#round.abort();
    await this.#running;
  }

  /** Runs what the settings name, once those that ran before have ended. */
  #run(): void {
    const { signal } = this.#round;
    const wanted = new Set(this.#options.settings.get(monitorTables));
    // Those that stay go on from what they have published.
    this.#tables = [...wanted].map((table) =>
      this.#tables.find((each) => each.table === table) ?? this.#watch(table)
    );
    const tables = this.#tables;
    this.#running = this.#running.then(() =>
      Promise.all([
        this.#stale.run(signal),
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
  publish: PublishUpdate,
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
    publish,
    clock,
    log,
  });
}

interface WatchedTable extends ObservedTable {
  readonly monitor: TableMonitor;
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
  return {
    table,
    monitor,
    pollSeconds,
    get counters() {
      return monitor.counters;
    },
  };
}

// What the first poll announces is for the subscribers there are: let them come back first.
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
