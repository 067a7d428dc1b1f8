import type { HealthEvent } from "../../drivers/contract/health.ts";
import type { DbUpdate } from "../event/db_update.ts";
import type { GapNotice } from "../protocol/notices.ts";
import type { ReceivedPast } from "./subscriber.ts";

/** What a subscriber subscribes to, and who takes what it receives. */
export interface SubscriptionOptions {
  /** Topics besides the broadcast topic. @default none */
  readonly topics?: readonly string[];
  /** Whether to subscribe to the broadcast topic. @default true */
  readonly broadcast?: boolean | undefined;
  /** Whether to subscribe to every topic. @default false */
  readonly allTopics?: boolean | undefined;
  /** On a bus that keeps events: where a topic begins, as `TopicOptions.since`. @default now */
  readonly since?: ((topic: string) => string | number | undefined) | undefined;
  /**
   * Called with one or more updates, in each publisher's order, and not before the last call is
   * done. While it is busy nothing more is read, and the transport's bounded queues fill. It must
   * not throw, and must not await the disposal of the subscriber, which waits for it.
   */
  readonly onUpdates: (updates: readonly DbUpdate[]) => void | Promise<void>;
  /** Resolves when the application has the updates of all calls so far. @default with each call */
  readonly whenApplied?: (() => Promise<void>) | undefined;
  /**
   * Called with each change in the state of a connection, the first one included. It must not
   * throw.
   */
  readonly onHealth?: (event: HealthEvent) => void;
  /** Called with each notice about missing events, before a `sync` for them. It must not throw. */
  readonly onNotice?: (notice: GapNotice) => void;
}

/** A subscription that begins in the past, on a bus that keeps events. */
export interface PastOptions {
  /** How many events of each topic to begin with, as `TopicOptions.last`. @default any */
  readonly last?: number | undefined;
  /** Called at the places where the past of a topic begins and ends. It must not throw. */
  readonly onPast?: ((past: ReceivedPast) => void) | undefined;
}
