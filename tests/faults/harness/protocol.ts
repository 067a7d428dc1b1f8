// What a node's process writes on its standard output, a JSON document a line.

/** An event as a ledger sees it. */
export interface NumberedEvent {
  /** `publisher/epoch/topic`; null when the publisher numbers nothing. */
  readonly stream: string | null;
  readonly seq: number;
  /** In microseconds since 1970. */
  readonly sentAt: number;
  readonly key: string | null;
}

/** The application was told that events are missing, or may be. */
export type Announcement =
  /** All of a topic, or all there is, has to be read again. */
  | {
    readonly kind: "sync";
    /** When it was told, in milliseconds since 1970. */
    readonly at: number;
    /** Null for all topics. */
    readonly topic: string | null;
  }
  /** These are missing, and may still come; or are lost for good. */
  | {
    readonly kind: "gap" | "lost";
    readonly at: number;
    readonly stream: string;
    readonly from: number;
    readonly to: number;
  };

/** One line of a node. */
export type NodeLine =
  | { readonly ready: number }
  | { readonly events: readonly NumberedEvent[] }
  | { readonly announcement: Announcement }
  | { readonly health: Readonly<Record<string, unknown>> };

/** What a node is started as, the input of its process. */
export interface NodeSpec {
  /** The ear alone, or all of NbApi. */
  readonly kind: "network" | "nbapi";
  /** `group.option=value` each. */
  readonly overrides: readonly string[];
  readonly topics: readonly string[];
  /** Only these publishers; else those of the database. */
  readonly uris?: readonly string[] | undefined;
}
