/** A connected subscriber, as its publisher sees it. */
export interface PeerState {
  /** Its address and port, or the path of a local socket. */
  readonly address: string;
  /** What the peer said of itself in our session; absent for peers without one. */
  readonly session?: {
    readonly node: string;
    readonly processId: number;
    readonly version: string;
  };
  /** `SUB`, as it said. */
  readonly socketType: string;
  /** What it has subscribed to, as it wrote it. */
  readonly topics: readonly string[];
  /** Since when it has been connected, in Unix milliseconds. */
  readonly connectedAt: number;
  /** What is queued for it. */
  readonly backlog: { readonly events: number; readonly bytes: number };
  /** Events that were skipped because it was too far behind. */
  readonly skipped: number;
  /** Events that it was sent again. */
  readonly replayed: number;
  /** Events that it asked for and that could not be sent again. */
  readonly lost: number;
  /** The last event of all topics that its application has, and how old that report is. */
  readonly applied?: { readonly behind: number; readonly ageMs: number };
}
