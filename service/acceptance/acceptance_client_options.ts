import type { Logger } from "../../drivers/contract/logger.ts";
import type { Requester } from "../../drivers/contract/requests.ts";
import type { Clock } from "../base/clock.ts";

/** What an `AcceptanceClient` works with. */
export interface AcceptanceClientOptions {
  /** Connects to where the service answers. */
  readonly openRequester: () => Promise<Requester>;
  /** Makes the id of the next events: a fresh UUID each time. */
  readonly newId: () => string;
  /** How long there may be nobody to ask before the service counts as one that gives no answers. */
  readonly patienceMs: number;
  /** The least time between two questions while nobody waits; 0 where somebody always does. */
  readonly pauseMs: number;
  /** The service, as messages name it. */
  readonly address: string;
  readonly clock: Pick<Clock, "monotonic" | "sleep">;
  readonly log: Logger;
}

/** What is waited for, and for how long. */
export interface AcceptanceWait {
  /** The number of an event in its span. */
  readonly seq: number;
  /** The most milliseconds. */
  readonly timeoutMs: number;
  /** Ends the wait with its reason. */
  readonly signal?: AbortSignal;
}
