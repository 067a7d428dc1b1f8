import type { WaitOptions } from "./waiting.ts";

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
  /** What it has subscribed to, as it wrote it: the first 100, or fewer. */
  readonly topics: (most?: number) => readonly string[];
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
  /** How far its application is, over all topics; undefined before its first report. Looks at each. */
  readonly applied: () => AppliedState | undefined;
}

/** How far the application of a subscriber is. */
export interface AppliedState {
  /** Events of its topics after the last ones that its application has. */
  readonly behind: number;
  /** How old the oldest of them is, to about a second, in milliseconds. */
  readonly behindMs: number;
  /** How old its last report is, in milliseconds. */
  readonly ageMs: number;
}

/** A subscriber that was disconnected and has not connected again. */
export interface DepartedPeer extends Pick<PeerState, "address" | "session"> {
  /** Since when it has been away, in Unix milliseconds. */
  readonly leftAt: number;
  /** Whether the publisher ended the connection because nothing came from it any more. */
  readonly isSilent: boolean;
}

/** How far the application of one subscriber is in one topic, seen from a place in it. */
export interface TopicSubscriber extends Pick<PeerState, "address" | "session"> {
  /** Whether it has everything up to the place. */
  readonly hasApplied: boolean;
  /** Events of the topic after the last one that it has; undefined when that is not known. */
  readonly behind: number | undefined;
  /** How old its last report is, in milliseconds; undefined before the first. */
  readonly ageMs: number | undefined;
  /** Of one that was disconnected: since when, and why. */
  readonly departed?: Pick<DepartedPeer, "leftAt" | "isSilent">;
}

/** The subscribers of a broker, as they report. */
export interface ReportedPeers {
  /** Those that report. */
  readonly peers: readonly PeerState[];
  /** Those that no longer do, and have not withdrawn their report. */
  readonly departed: readonly DepartedPeer[];
}

/** What the applications of subscribers have, as they report it. */
export interface AppliedTracker {
  /**
   * The place of a frame in its topic: the last one but `back`, or one after that. Undefined for a
   * topic without subscribers and frames. Opaque, and of this tracker alone.
   */
  place(topic: string, back?: number): Promise<string | undefined>;
  /**
   * The subscribers of a topic, and those that were disconnected within the last hour. One that does
   * not have everything up to the place reports at once when it has.
   */
  subscribers(topic: string, place: string): Promise<readonly TopicSubscriber[]>;
  /** Where a publisher does not see its subscribers: those that report, and those that no longer do. */
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

/** What a publisher service says of itself to those that connect to it. Nothing of it is secret. */
export interface ServiceAnnouncement {
  /** The publisher's id. */
  readonly id: string;
  /** Where its health pages are, as `http://127.0.0.1:8868`; undefined without any. */
  readonly pages: string | undefined;
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
