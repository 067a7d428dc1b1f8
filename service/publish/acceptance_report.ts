import type { CloseReport } from "../../drivers/contract/pubsub.ts";

/** How a publisher closed. */
export interface PublisherReport extends CloseReport {
  /**
   * What became of the events that were sent to a broker or to the service of this host:
   * `accepted + refused + uncertain = sent`. Absent when the driver does not confirm events.
   */
  readonly acceptance?: {
    /** Events that have left this process. */
    readonly sent: number;
    /** Events that the broker has confirmed, or that the service has handed to the network. */
    readonly accepted: number;
    /** Events that the broker or the service has refused. */
    readonly refused: number;
    /** Events without an answer: each may have gone out, or be lost. */
    readonly uncertain: number;
    /** Whether the other end answers: a service of the original does not, and nothing is certain then. */
    readonly isAcknowledged: boolean;
    /** Whether the connection was lost before all events that had been sent were answered. */
    readonly isInterrupted: boolean;
    /** Whether the events were sent to a broker. */
    readonly isBroker?: true;
  };
}

/** What became of the events. */
export type AcceptanceReport = NonNullable<PublisherReport["acceptance"]>;
