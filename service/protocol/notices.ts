/** Events of one publisher under one topic, by their sequence numbers, both ends included. */
export interface EventRange {
  /** The topic that the publisher counts under. */
  readonly topic: string;
  /** The publisher's id. */
  readonly publisher: string;
  /** The run of that publisher that sequence numbers count from. */
  readonly epoch: number;
  /** The first sequence number. */
  readonly from: number;
  /** The last sequence number. */
  readonly to: number;
}

/** A run of a publisher, as a topic's events tell of it. */
export interface PublisherStart {
  /** The topic of the events. */
  readonly topic: string;
  /** The publisher's id. */
  readonly publisher: string;
  /** The run of that publisher that sequence numbers count from. */
  readonly epoch: number;
}

/** A place in a topic where the transport has lost events and cannot say which. */
export interface TopicGap {
  /** The topic of the events. */
  readonly topic: string;
  /** On a transport with addresses: that of their publisher. */
  readonly address?: string | undefined;
  /** Why they are lost, in the driver's words. */
  readonly reason: string;
}

/** What a subscriber finds out about the events that it should have received. */
export type GapNotice =
  /** Events are lost, in this place among the others: a `sync` of the topic stands there. */
  | { readonly kind: "gap" } & TopicGap
  /** Events are lost: a `sync` of the topic follows. */
  | { readonly kind: "lost" } & EventRange
  /** The publisher counts from 1 again. */
  | { readonly kind: "restart" } & PublisherStart
  /**
   * Events contradict each other under one publisher's id: two hosts share it, or somebody publishes
   * in its name. This epoch is believed from now on, and a `sync` of the topic follows.
   */
  | { readonly kind: "contested" } & PublisherStart;

/** Totals since the subscriber was opened. */
export interface GapCounters {
  /** Gaps that the transport reported. */
  readonly gaps: number;
  /** Events that never came, by their sequence numbers; a `sync` followed. */
  readonly lost: number;
  /** Events dropped because they had come before. */
  readonly duplicates: number;
  /** Events dropped because they contradicted those before them; a `sync` followed. */
  readonly contradictions: number;
  /** New epochs of known publishers, counted per topic. */
  readonly restarts: number;
  /** How often an event was believed that contradicted those before it, counted per topic. */
  readonly contested: number;
}
