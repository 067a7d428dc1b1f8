import type { WaitOptions } from "./waiting.ts";

/**
 * A connected subscriber, as its publisher sees it. Values that take time to determine are
 * functions.
 */
export interface PeerState {
  /** Its address and port, or the path of a local socket. */
  readonly address: string;
  /** What the peer reports of itself in our session; undefined without a session. */
  readonly session:
    | { readonly node: string; readonly processId: number; readonly version: string }
    | undefined;
  /** `SUB`, as it reports it. */
  readonly socketType: string;
  /** What it has subscribed to, as it wrote it: the first 100, or fewer. */
  readonly topics: (most?: number) => readonly string[];
  /** Number of its subscriptions. */
  readonly topicCount: number;
  /** When it connected, in Unix milliseconds. */
  readonly connectedAt: number;
  /** Upper bound of the number of events that it is behind; it includes events of other topics. */
  readonly lag: number;
  /** What is queued for it. The cost is proportional to the number of queued events. */
  readonly backlog: () => { readonly events: number; readonly bytes: number };
  /** Events that were skipped because it was too far behind. */
  readonly skipped: number;
  /** Events that were replayed to it. */
  readonly replayed: number;
  /** Events that it requested but that could not be replayed. */
  readonly lost: number;
  /**
   * The state of its application over all topics; undefined before its first report. The cost is
   * proportional to the number of topics.
   */
  readonly applied: () => AppliedState | undefined;
}

/** How far the application of a subscriber is behind. */
export interface AppliedState {
  /** Number of events of its topics that its application does not have yet. */
  readonly behind: number;
  /** Age of the oldest of these events, to about a second, in milliseconds. */
  readonly behindMs: number;
  /** Age of its last report, in milliseconds. */
  readonly ageMs: number;
}

/** A subscriber that was disconnected and has not reconnected. */
export interface DepartedPeer extends Pick<PeerState, "address" | "session"> {
  /** When it was disconnected, in Unix milliseconds. */
  readonly leftAt: number;
  /** Whether the publisher ended the connection because the subscriber was silent. */
  readonly isSilent: boolean;
}

/** The state of one subscriber's application in one topic, relative to a position. */
export interface TopicSubscriber extends Pick<PeerState, "address" | "session"> {
  /** Whether it has everything up to the position. */
  readonly hasApplied: boolean;
  /** Number of events of the topic that it does not have yet; undefined if unknown. */
  readonly behind: number | undefined;
  /** Age of its last report, in milliseconds; undefined before the first. */
  readonly ageMs: number | undefined;
  /** For a disconnected subscriber: when and why. */
  readonly departed?: Pick<DepartedPeer, "leftAt" | "isSilent">;
}

/** The subscribers of a broker, by their reports. */
export interface ReportedPeers {
  /** Subscribers that report. */
  readonly peers: readonly PeerState[];
  /** Subscribers that stopped reporting without withdrawing their report. */
  readonly departed: readonly DepartedPeer[];
}

/** What the applications of subscribers have, according to their reports. */
export interface AppliedTracker {
  /**
   * The position of a frame in its topic: the last one minus `back`, or a later one. Undefined for
   * a topic without subscribers and frames. Opaque, and valid only for this tracker.
   */
  place(topic: string, back?: number): Promise<string | undefined>;
  /**
   * The subscribers of a topic, and those that were disconnected within the last hour. One that does
   * not have everything up to the place reports at once when it has.
   */
  subscribers(topic: string, place: string): Promise<readonly TopicSubscriber[]>;
  /**
   * For publishers that do not see their subscribers: those that report, and those that stopped.
   */
  reported?(): Promise<ReportedPeers>;
  /**
   * Resolves when `count` more of these subscribers have everything up to the place, or earlier, and
   * at the latest after `timeoutMs`. One that reports less is asked again. An abort rejects.
   */
  reached(
    topic: string,
    place: string,
    options: WaitOptions & { readonly count: number },
  ): Promise<void>;
}

/** What a publisher service announces about itself to connecting peers. Nothing of it is secret. */
export interface ServiceAnnouncement {
  /** The publisher's id. */
  readonly id: string;
  /** The address of its health pages, as `http://127.0.0.1:8868`; undefined if they are off. */
  readonly pages: string | undefined;
}

/** Totals of all subscribers since a publisher was opened, including disconnected ones. */
export interface PeerTotals {
  /** As in {@linkcode PeerState}. */
  readonly skipped: number;
  /** As in {@linkcode PeerState}. */
  readonly replayed: number;
  /** As in {@linkcode PeerState}. */
  readonly lost: number;
  /** Number of connections that the publisher refused or ended, by reason, of a fixed set. */
  readonly refused: ReadonlyMap<string, number>;
}
