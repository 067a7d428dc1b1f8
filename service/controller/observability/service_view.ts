import type { AppliedQuery, AppliedReport } from "../../protocol/applied_report.ts";
import type { RowEventsQuery, RowEventsReport } from "../../protocol/row_events.ts";
import type { MetricFamily } from "./metric.ts";
import type { PeersReport, SeenPeers } from "./peers_report.ts";
import type { ReadinessReport } from "./readiness.ts";

/** The activity of a service since its start. */
export interface ServiceTotals {
  /** Events received from local publishers, including refused ones. */
  readonly received: number;
  /** Events sent to the network. */
  readonly sent: number;
  /** Number of batches by duration in the relay, in the ranges of its histogram. */
  readonly batchCounts: readonly number[];
  /** What was asked of the database, failures included: how often, and how long all took. */
  readonly database: { readonly calls: number; readonly seconds: number };
}

/** Number of events that a service has published since its start, by name. */
export interface EventCounts {
  /** Events sent to the network, by topic: at most 10,000 topics, and only events with a seq. */
  readonly topics: ReadonlyMap<string, number>;
  /** Changes that monitors have published, by table. */
  readonly tables: ReadonlyMap<string, number>;
}

/** A row of the publishers table. */
export interface SeenPublisher {
  /** Its key. */
  readonly id: string;
  /** Its state, by what the service has observed. */
  readonly state: "alive" | "stale" | "unreadable";
  /** Where it publishes; null in an unreadable row. */
  readonly uri: string | null;
  /**
   * When it last wrote its row, in Unix milliseconds of its own clock; null in an unreadable row.
   */
  readonly lastActivityAt: number | null;
}

/** The observable state of a running service: whether it is alive and ready, and its metrics. */
export interface ServiceView {
  /** False if it has ended its work without being stopped: only a restart helps. */
  readonly isAlive: boolean;
  /** Whether it is ready, as far as that is known without asking anyone. */
  readonly known: ReadinessReport;
  /** Whether it is ready now; asks the database, for at most two seconds. Never rejects. */
  readiness(): Promise<ReadinessReport>;
  /** Its activity since the start; costs almost nothing. */
  readonly totals: ServiceTotals;
  /** The number of published events by topic and table; costs a millisecond for 10,000 topics. */
  counts(): EventCounts;
  /** The publishers table at the service's last read, including its own row. */
  readonly publishers: readonly SeenPublisher[];
  /** All current metrics; the families are always the same. */
  metrics(): readonly MetricFamily[];
  /**
   * The connected subscribers, at most `limit`, the furthest behind first. If the network driver
   * does not know them, the report has a reason instead. Never rejects.
   */
  peers(limit: number): Promise<PeersReport>;
  /** The same, as the driver sees them, for what looks at them once per second. Never rejects. */
  seenPeers(limit: number): Promise<SeenPeers>;
  /** Which nodes have applied an event; waits for that for at most two seconds. Never rejects. */
  applied(query: AppliedQuery): Promise<AppliedReport>;
  /** The events of a row that are kept, for at most two seconds of search. */
  rowEvents(query: RowEventsQuery): Promise<RowEventsReport>;
}
