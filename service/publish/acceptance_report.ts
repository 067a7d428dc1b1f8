import type { CloseReport } from "../../drivers/contract/pubsub.ts";

/** What became of the events that a local publisher sent: `accepted + refused + uncertain = sent`. */
export interface AcceptanceReport {
  /** Events that the transport has taken. */
  readonly sent: number;
  /** Events that a publisher service has handed to the network, by its own word. */
  readonly accepted: number;
  /** Events that it has refused. */
  readonly refused: number;
  /** Events that no service has spoken for: each may have gone out, or be lost. */
  readonly uncertain: number;
  /** Whether there was a service to ask: the original's cannot be, and nothing is certain then. */
  readonly isAcknowledged: boolean;
  /** Whether the connection to the service was lost after something had been sent. */
  readonly isInterrupted: boolean;
  /** Whether the events were sent to a broker, whose answers these counts are. */
  readonly isBroker?: true;
}

/** How a publisher closed that may have been told what was accepted. */
export interface PublisherReport extends CloseReport {
  /** Absent when the transport does not acknowledge events. */
  readonly acceptance?: AcceptanceReport;
}
