/** A connected subscriber, as its publisher sees it. What takes time to find out is a function. */
export interface PeerState {
  /** Its address and port, or the path of a local socket. */
  readonly address: string;
  /** What the peer said of itself in our session; undefined for peers without one. */
  readonly session:
    | { readonly node: string; readonly processId: number; readonly version: string }
    | undefined;
  /** `SUB`, as it said. */
  readonly socketType: string;
  /** What it has subscribed to, as it wrote it: the first 100. */
  readonly topics: () => readonly string[];
  /** Number of its subscriptions. */
  readonly topicCount: number;
  /** Since when it has been connected, in Unix milliseconds. */
  readonly connectedAt: number;
  /** How many events it is behind, at most: events of other topics among them. */
  readonly lag: number;
  /** What is queued for it. Looks at each event that is. */
  readonly backlog: () => { readonly events: number; readonly bytes: number };
  /** Events that were skipped because it was too far behind. */
  readonly skipped: number;
  /** Events that it was sent again. */
  readonly replayed: number;
  /** Events that it asked for and that could not be sent again. */
  readonly lost: number;
  /**
   * Events of its topics after the last ones that its application has, and how old its last report
   * of that is; undefined before the first. Looks at each topic.
   */
  readonly applied: () => { readonly behind: number; readonly ageMs: number } | undefined;
}

/** Totals of all subscribers since a publisher was opened, those that have left included. */
export interface PeerTotals {
  /** As of {@linkcode PeerState}. */
  readonly skipped: number;
  /** As of {@linkcode PeerState}. */
  readonly replayed: number;
  /** As of {@linkcode PeerState}. */
  readonly lost: number;
  /** Connections that the publisher refused or ended, by reason: of a fixed set. */
  readonly refused: ReadonlyMap<string, number>;
}
