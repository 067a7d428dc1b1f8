import type { NbDbDriver } from "../../drivers/contract/db.ts";
import type { DbUpdate } from "../../service/event/db_update.ts";
import { TableMonitor, type TableMonitorOptions } from "../../service/publishers/table_monitor.ts";
import { FakeClock } from "./fakes/fake_clock.ts";
import { FakeDb } from "./fakes/fake_db.ts";
import { RecordingLogger } from "./fakes/recording_logger.ts";

/** A monitor and its collaborators. */
export interface TableMonitorFixture {
  readonly db: FakeDb;
  /** A client of the same database that never fails and is not recorded. */
  readonly direct: NbDbDriver;
  readonly clock: FakeClock;
  readonly log: RecordingLogger;
  readonly published: DbUpdate[];
  /** The keys of the rows whose events cannot be published. */
  readonly refused: Set<string>;
  readonly monitor: TableMonitor;
  /** The events published since the last call. */
  readonly takeEvents: () => string[];
}

/** A monitor of one table with its own database, and the events that it publishes. */
export async function setUpTableMonitor(
  table = "chassis",
  options: Partial<TableMonitorOptions> = {},
): Promise<TableMonitorFixture> {
  const { db, direct } = await FakeDb.open();
  const clock = new FakeClock();
  const log = new RecordingLogger();
  const published: DbUpdate[] = [];
  const refused = new Set<string>();
  const monitor = new TableMonitor(db, table, {
    pollMs: 30_000,
    announceExisting: true,
    clock,
    log,
    publish(update) {
      if (refused.has(update.key ?? "")) throw new Error("No room");
      published.push(update);
    },
    ...options,
  });
  const takeEvents = () => published.splice(0).map((each) => `${each.action} ${each.key}`);
  return { db, direct, clock, log, published, refused, monitor, takeEvents };
}
