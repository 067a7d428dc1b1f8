// The format of a node's standard output: one JSON document per line.

/** An event as the ledger records it. */
export interface NumberedEvent {
  /** `publisher/epoch/topic`, or null when the event has no position. */
  readonly stream: string | null;
  readonly seq: number;
  /** Microseconds since 1970. */
  readonly sentAt: number;
  readonly key: string | null;
}

/** A report to the application that events are missing, or may be. */
export type Announcement =
  /** All of a topic, or everything, must be read again. */
  | {
    readonly kind: "sync";
    /** The time of the report, in milliseconds since 1970. */
    readonly at: number;
    /** Null for all topics. */
    readonly topic: string | null;
  }
  /** Missing events, which may still arrive or are lost. */
  | {
    readonly kind: "gap" | "lost";
    readonly at: number;
    readonly stream: string;
    readonly from: number;
    readonly to: number;
  };

/** One output line of a node. */
export type NodeLine =
  | { readonly ready: number }
  | { readonly events: readonly NumberedEvent[] }
  | { readonly announcement: Announcement }
  | { readonly health: Readonly<Record<string, unknown>> };

/** The specification of a node, which its process reads from standard input. */
export interface NodeSpec {
  /** The network subscriber alone, or a whole NbApi. */
  readonly kind: "network" | "nbapi";
  /** Options, each `group.option=value`. */
  readonly overrides: readonly string[];
  readonly topics: readonly string[];
  /** The publishers to follow. Without it, those in the database. */
  readonly uris?: readonly string[] | undefined;
}
