import type { Logger } from "../../drivers/contract/logger.ts";
import type { Clock } from "../base/clock.ts";

/** Identity and settings of a publisher, for its row. */
export interface OwnPublisherRowOptions {
  readonly id: string;
  /** The address at which subscribers connect. */
  readonly uri: string;
  /** Another address, for subscribers with TLS. */
  readonly secureUri?: string | undefined;
  /** Whether only this host can connect to it. */
  readonly isLoopback: boolean;
  /** All ids that a publisher of this host may have. */
  readonly hostIds: ReadonlySet<string>;
  /** `publisher_timeout`: another service's row with our id counts as alive for this time. */
  readonly timeoutMs: number;
  readonly clock: Pick<Clock, "now" | "monotonic">;
  readonly log: Logger;
}
