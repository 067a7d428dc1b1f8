import type { DbRow, NbDbDriver } from "../drivers/contract/db.ts";
import { enableSelectiveTopologyDistribution } from "./config/options/pub_sub.ts";
import { publisherTimeout, stalePublisherPollTime } from "./config/options/publishers.ts";
import {
  monitorTablePollTime,
  monitorTables,
  tableMonitorAnnounceExisting,
} from "./config/options/table_monitors.ts";
import { SEND_ALL_TOPIC } from "./db_update.ts";
import { Histogram } from "./observability/histogram.ts";
import type { ObservedTable } from "./observability/observed_parts.ts";
import type { Publisher } from "./publisher.ts";
import { PUBLISHER_TABLE } from "./publisher_record.ts";
import type { IdentifiedOptions, PublisherServiceOptions } from "./publisher_service_options.ts";
import { PublishersTable } from "./publishers_table.ts";
import { type PublishersSeen, StalePublisherMonitor } from "./stale_publisher_monitor.ts";
import { type PublishUpdate, TableMonitor } from "./table_monitor.ts";

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
  stop(): Promise<void>;
}

/** Starts the monitors that the configuration names. */
export function startMonitors(
  options: IdentifiedOptions,
  db: NbDbDriver,
  publisher: Publisher,
): Monitors {
  const abort = new AbortController();
  const publish: PublishUpdate = (update) => publisher.sendEvent(update, abort.signal);
  const stale = stalePublisherMonitor(options, db, publish);
  const tables = [...new Set(options.settings.get(monitorTables))]
    .map((table) => tableMonitor(options, { db, table, publish }));
  const running = [
    stale.run(abort.signal),
    ...tables.map(({ monitor }) => runTableMonitor(options, monitor, abort.signal)),
  ];
  return {
    tables,
    get publishersSeen() {
      return stale.seen;
    },
    async stop() {
      abort.abort();
      await Promise.all(running);
    },
  };
}

function stalePublisherMonitor(
  options: IdentifiedOptions,
  db: NbDbDriver,
  publish: PublishUpdate,
): StalePublisherMonitor {
  const { settings, clock, log, ownId, hostName } = options;
  const timeoutMs = settings.get(publisherTimeout) * 1000;
  const intervalMs = settings.get(stalePublisherPollTime) * 1000;
  const maxStepMs = Math.max(MIN_WATCH_STEP_MS, 2 * intervalMs);
  return new StalePublisherMonitor(new PublishersTable(db, { timeoutMs, clock, maxStepMs }), {
    ownId,
    hostName,
    intervalMs,
    isTableMonitored: settings.get(monitorTables).includes(PUBLISHER_TABLE),
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
    pollMs: settings.get(monitorTablePollTime) * 1000,
    announceExisting: settings.get(tableMonitorAnnounceExisting),
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
  const pollMs = settings.get(monitorTablePollTime) * 1000;
  try {
    await clock.sleep(Math.min(pollMs, RECONNECT_MS), signal);
  } catch {
    return;
  }
  await monitor.run(signal);
}
