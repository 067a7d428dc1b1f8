import type { FramePublisher, FrameSubscriber } from "../../../drivers/contract/pubsub.ts";
import type { FrameRecorder } from "../../../drivers/contract/recorder.ts";
import type { AnnouncedAddress } from "../../publishers/announced_address.ts";
import type { PositionedPublisher } from "../../publish/positioned_publisher.ts";
import type { PublishersSeen } from "../../publishers/stale_publisher_monitor.ts";
import type { PublisherRow } from "../../publishers/publishers_table.ts";
import type { PublisherRegistration } from "../../publishers/publisher_registration.ts";
import type { RefusalLog } from "../../base/refusal_log.ts";
import type { Relay } from "../relay.ts";
import type { TableMonitorCounters } from "../../publishers/table_monitor.ts";
import type { ObservedEnd } from "./end_watch.ts";
import type { Histogram } from "./histogram.ts";
import type { MeteredDb } from "./metered_db.ts";

/** The monitor of one table, for its metrics. */
export interface ObservedTable {
  readonly table: string;
  readonly counters: TableMonitorCounters;
  readonly pollSeconds: Histogram;
}

/** The observed parts of a running service. */
export interface ObservedParts {
  /** The driver's publisher to the network. */
  readonly network: ObservedEnd<FramePublisher>;
  /** Absent if local processes do not publish through the service. */
  readonly local: ObservedEnd<FrameSubscriber> | undefined;
  readonly db: MeteredDb;
  readonly registration: Pick<PublisherRegistration, "check" | "state">;
  /** Absent if subscribers do not connect to the service. */
  readonly announced: Pick<AnnouncedAddress, "check" | "uri" | "verdict"> | undefined;
  readonly monitors: {
    readonly tables: readonly ObservedTable[];
    readonly publishersSeen: PublishersSeen | undefined;
    readonly publisherRows: readonly PublisherRow[];
  };
  readonly refusals: Pick<RefusalLog, "counters">;
  /** Adds positions to the events that go to the network. */
  readonly sink: Pick<PositionedPublisher, "positionOf" | "sent" | "topics">;
  /** The address to which subscribers connect; undefined if they connect to a broker. */
  readonly boundAddress: string | undefined;
  /** Absent if it is turned off. */
  readonly recorder: FrameRecorder | undefined;
  /** Absent if local processes do not publish through the service. */
  readonly relay: Pick<Relay, "batches" | "counters"> | undefined;
  /** Resolves when the relay has ended. */
  readonly relaying: Promise<unknown>;
}
