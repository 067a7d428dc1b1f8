import type { AppliedQuery, AppliedReport } from "../../protocol/applied_report.ts";
import type { MetricFamily } from "../../publish/metric.ts";
import type { PeersReport, SeenPeers } from "./peers_report.ts";
import type { ReadinessReport } from "./readiness.ts";

/** What a service has done since it began. */
export interface ServiceTotals {
  /** Events taken from local publishers, refused ones included. */
  readonly received: number;
  /** Events sent to the network. */
  readonly sent: number;
  /** How many batches the relay needed how long for, by the ranges of its histogram. */
  readonly batchCounts: readonly number[];
  /** What was asked of the database, failures included: how often, and how long all took. */
  readonly database: { readonly calls: number; readonly seconds: number };
}

/** Events that a service has published since it began, by name. */
export interface EventCounts {
  /** Those sent to the network, by topic: 10,000 topics at most, and none without a seq. */
  readonly topics: ReadonlyMap<string, number>;
  /** Those that monitors made of changes, by table. */
  readonly tables: ReadonlyMap<string, number>;
}

/** A row of the publishers table. */
export interface SeenPublisher {
  /** Its key. */
  readonly id: string;
  /** By what was seen of it. */
  readonly state: "alive" | "stale" | "unreadable";
  /** Where it publishes; null in a row that cannot be read. */
  readonly uri: string | null;
  /** When it last wrote its row, in Unix milliseconds of its own clock; null likewise. */
  readonly lastActivityAt: number | null;
}

/** A running service as it is seen from outside: whether it lives, is of use, and in numbers. */
export interface ServiceView {
  /** False when it has ended its work although nobody stopped it: only a restart helps. */
  readonly isAlive: boolean;
  /** Whether it is of use, as far as that is known without asking anyone. */
  readonly known: ReadinessReport;
  /** Whether it is of use just now; asks the database, for at most two seconds. Never rejects. */
  readiness(): Promise<ReadinessReport>;
  /** What it has done since it began; costs almost nothing. */
  readonly totals: ServiceTotals;
  /** What it has published, by topic and table; costs a millisecond for 10,000 topics. */
  counts(): EventCounts;
  /** The publishers table when the service last looked at it, its own row included. */
  readonly publishers: readonly SeenPublisher[];
  /** Every metric as of now; always the same families. */
  metrics(): readonly MetricFamily[];
  /**
   * The subscribers that are connected, at most `limit`, the furthest behind first; none, with a
   * reason, when the network driver does not see them. Never rejects.
   */
  peers(limit: number): Promise<PeersReport>;
  /** The same, as the driver sees them, for what looks at them once per second. Never rejects. */
  seenPeers(limit: number): Promise<SeenPeers>;
  /** Which nodes have applied an event; waits for that for at most two seconds. Never rejects. */
  applied(query: AppliedQuery): Promise<AppliedReport>;
  /** Calls `listener` whenever something that the service depends on is lost or back. */
  onChange(listener: () => void): void;
}
