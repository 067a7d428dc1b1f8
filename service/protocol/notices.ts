/** What a subscriber finds out about the events that it should have received. */
export type GapNotice =
  /**
   * The transport has lost events of the topic and cannot say which; `address` is that of their
   * publisher, on a transport with addresses. A `sync` of the topic stands in their place.
   */
  | {
    readonly kind: "gap";
    readonly topic: string;
    readonly address?: string | undefined;
    readonly reason: string;
  }
  /**
   * The events of one run of a publisher under a topic with the sequence numbers `from` to `to` are
   * lost. A `sync` of the topic follows.
   */
  | {
    readonly kind: "lost";
    readonly topic: string;
    readonly publisher: string;
    readonly epoch: number;
    readonly from: number;
    readonly to: number;
  }
  /**
   * `restart`: the publisher counts from 1 again. `contested`: events contradict each other under one
   * publisher's id, as two services share it, or an attacker publishes in its name; this epoch is
   * believed from now on, and a `sync` of the topic follows.
   */
  | {
    readonly kind: "restart" | "contested";
    readonly topic: string;
    readonly publisher: string;
    readonly epoch: number;
  };

/** A run of a publisher, as the events of a topic tell of it. */
export type PublisherStart = Omit<
  Extract<GapNotice, { readonly kind: "restart" | "contested" }>,
  "kind"
>;

/** A place in a topic where the transport has lost events and cannot say which. */
export type TopicGap = Omit<Extract<GapNotice, { readonly kind: "gap" }>, "kind">;

/** Totals since the subscriber was opened. */
export interface GapCounters {
  /** Gaps that the transport reported. */
  readonly gaps: number;
  /** Events that never arrived, by their sequence numbers; a `sync` followed. */
  readonly lost: number;
  /** Events dropped because they had arrived before. */
  readonly duplicates: number;
  /** Events dropped because they contradicted earlier ones; a `sync` followed. */
  readonly contradictions: number;
  /** New epochs of known publishers, counted per topic. */
  readonly restarts: number;
  /**
   * How often the subscriber followed an event that contradicted earlier ones, counted per topic.
   */
  readonly contested: number;
}
