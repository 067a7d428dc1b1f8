/** Events of one publisher under one topic, by their numbers, both ends included. */
export interface EventRange {
  /** The topic that numbers count under. */
  readonly topic: string;
  /** The publisher's id. */
  readonly publisher: string;
  /** The start of that publisher that numbers count from. */
  readonly epoch: number;
  /** The first number. */
  readonly from: number;
  /** The last number. */
  readonly to: number;
}

/** A start of a publisher, as a topic's events tell of it. */
export interface PublisherStart {
  /** The topic of the events. */
  readonly topic: string;
  /** The publisher's id. */
  readonly publisher: string;
  /** The start of that publisher that numbers count from. */
  readonly epoch: number;
}

/**
 * What a subscriber finds out about the events it should have had. Each `gap` is followed, in parts
 * perhaps, by `healed` and `lost`, until each of its numbers is in one of them.
 */
export type GapNotice =
  /** Events are missing, and are asked for where the publisher answers. */
  | { readonly kind: "gap" } & EventRange
  /** They have been handed on, in order: so many replayed, the others came late by themselves. */
  | { readonly kind: "healed"; readonly replayed: number } & EventRange
  /** They will not come: one `sync` for the topic follows. */
  | { readonly kind: "lost" } & EventRange
  /** The publisher counts from 1 again. */
  | { readonly kind: "restart" } & PublisherStart
  /**
   * Two contradict each other under one publisher's id: two hosts share it, or somebody publishes in
   * its name. This start is believed from now on, and one `sync` for the topic follows.
   */
  | { readonly kind: "contested" } & PublisherStart;

/** Totals since the subscriber was opened: `missing` is `replayed`, `late`, `lost` and what is open. */
export interface GapCounters {
  /** Gaps found. */
  readonly gaps: number;
  /** Events missing when their gap was found. */
  readonly missing: number;
  /** Of those, handed on after the publisher was asked. */
  readonly replayed: number;
  /** Of those, handed on because they came after all. */
  readonly late: number;
  /** Of those, given up; each was followed by a `sync`. */
  readonly lost: number;
  /**
   * Events dropped because they had come before, were given up, or are of an epoch that is over. A
   * `sync` follows one that had not come before.
   */
  readonly duplicates: number;
  /** New epochs of known publishers, counted per topic. */
  readonly restarts: number;
  /** How often two contradicted each other under one publisher's id, counted per topic. */
  readonly contested: number;
  /** Events held back now, until those before them are there or given up. */
  readonly held: number;
  /** Events and hellos of publishers that there was no room for: handed on, gaps unnoticed. */
  readonly untracked: number;
  /** `sync` events for nodes of the original, dropped: numbers tell more. */
  readonly nativeSyncs: number;
  /** Answers and events in them that were not what was asked for. */
  readonly refused: number;
}
