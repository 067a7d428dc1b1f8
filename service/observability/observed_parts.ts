import type { AnnouncedAddress } from "../announced_address.ts";
import type { PublishersSeen } from "../stale_publisher_monitor.ts";
import type { PublisherRegistration } from "../publisher_registration.ts";
import type { RefusalLog } from "../refusal_log.ts";
import type { RelayCounters } from "../relay.ts";
import type { TableMonitorCounters } from "../table_monitor.ts";
import type { EndWatch } from "./end_watch.ts";
import type { Histogram } from "./histogram.ts";

/** The monitor of one table, as its metrics are read. */
export interface ObservedTable {
  readonly table: string;
  readonly counters: TableMonitorCounters;
  readonly pollSeconds: Histogram;
}

/** The parts of a running service that tell something of it. */
export interface ObservedParts {
  readonly registration: Pick<PublisherRegistration, "check" | "state">;
  /** Absent where nobody connects to the service. */
  readonly announced?: Pick<AnnouncedAddress, "check" | "uri" | "verdict"> | undefined;
  readonly monitors: {
    readonly tables: readonly ObservedTable[];
    readonly publishersSeen: PublishersSeen | undefined;
  };
  readonly refusals: Pick<RefusalLog, "counters">;
  /** Absent when local processes do not publish through the service. */
  readonly relay: { readonly counters: RelayCounters } | undefined;
  /** Resolves when the relay has ended. */
  readonly relaying: Promise<unknown>;
}

/** One end of a driver, counted and watched. */
export interface ObservedEnd<M> {
  readonly meter: M;
  readonly watch: EndWatch;
}
