import type { FramePublisher, FrameSubscriber } from "../../../drivers/contract/pubsub.ts";
import type { FrameRecorder } from "../../../drivers/contract/recorder.ts";
import type { AnnouncedAddress } from "../../publishers/announced_address.ts";
import type { PositionedPublisher } from "../../publish/positioned_publisher.ts";
import type { PublisherRegistration } from "../../publishers/publisher_registration.ts";
import type { StalePublisherMonitor } from "../../publishers/stale_publisher_monitor.ts";
import type { RefusalLog } from "../../base/refusal_log.ts";
import type { Monitors } from "../monitors.ts";
import type { Relay } from "../relay.ts";
import type { ObservedEnd } from "./end_watch.ts";
import type { MeteredDb } from "./metered_db.ts";

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
  readonly monitors: Pick<Monitors, "tables"> & {
    readonly stale: Pick<StalePublisherMonitor, "rows" | "seen">;
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
