import type { NodesWanted } from "./nodes_wanted.ts";
import type { Position } from "./position_log.ts";

/** A question to a service: which nodes have applied an event. */
export interface AppliedQuery {
  /** The topic of the event. */
  readonly topic: string;
  /** The event. @default the last one of the topic */
  readonly position?: Position | undefined;
  /** How many nodes must have applied it. */
  readonly nodes: NodesWanted;
  /** Maximum time that the service waits for these nodes before it answers, in milliseconds. */
  readonly waitMs: number;
  /**
   * How long the caller has waited already, in milliseconds: a position that has not moved since
   * then is stuck.
   */
  readonly waitedMs: number;
  /** Nodes that have been disconnected for longer than this do not count, in milliseconds. */
  readonly ignoreOlderThanMs: number;
}

/** Which nodes have applied an event, as one service knows it. */
export interface AppliedReport {
  /** The id of the service. */
  readonly publisher: string;
  /** The topic of the event. */
  readonly topic: string;
  /** The event; null while the topic has none. */
  readonly position: Position | null;
  /**
   * Nodes that count: subscribers of the topic, including those that were disconnected recently.
   */
  readonly nodes: number;
  /** Number of nodes that have applied the event. */
  readonly applied: number;
  /** Number of nodes that must apply it. */
  readonly needed: number;
  /** Nodes that do not have the event, the furthest behind first: at most 1,000. */
  readonly stragglers: readonly {
    /** Its name, as it said. */
    readonly node: string;
    /** Its address and port; with a broker, the name of its host. */
    readonly address: string;
    /** Its process, as it said. */
    readonly processId: number;
    /** The version of its program, likewise. */
    readonly version: string;
    /**
     * Why it does not have the event: its position moves; it is connected and its position does not
     * move; or it was disconnected.
     */
    readonly state: "catching-up" | "stuck" | "gone";
    /** Events of the topic after the last one that it has; null when that is not known. */
    readonly behind: number | null;
    /** Since when it has been away, as ISO 8601 has it; null for a connected node. */
    readonly goneSince: string | null;
    /** Age of its last report, in milliseconds; null before the first report. */
    readonly silentMs: number | null;
  }[];
  /** Nodes that have been away for too long to count. */
  readonly ignored: AppliedReport["stragglers"];
  /** Subscribers that report nothing, as those of the original: they do not count. */
  readonly unable: number;
  /** Why nothing is known. */
  readonly reason?: string;
  /** Whether the reason is that the publisher has restarted since the event. @default false */
  readonly hasRestarted?: boolean;
  /** Whether the reason is that the network driver never has this information. @default false */
  readonly isUnsupported?: boolean;
}

/** A node that does not have an event. */
export type Straggler = AppliedReport["stragglers"][number];

/** Why a node does not have an event. */
export type StragglerState = Straggler["state"];

/** Whether enough nodes have the event. */
export function isApplied({ applied, needed, reason }: AppliedReport): boolean {
  return reason === undefined && applied >= needed;
}
