import { utcTime } from "../../../drivers/contract/utc_time.ts";
import { messageOf } from "../../../drivers/contract/errors.ts";
import { inTurns } from "../../../drivers/contract/next_turn.ts";
import type {
  AppliedState,
  DepartedPeer,
  PeerState,
} from "../../../drivers/contract/peer_state.ts";
import type { FramePublisher } from "../../../drivers/contract/pubsub.ts";

/** Applications report once per second, so a shorter lag of theirs may not be real. */
export const LASTING_LAG_MS = 3_000;

/** A subscriber in the report. */
interface ReportedPeer {
  /** Its address and port. */
  readonly address: string;
  /** The name of its node, as it reports it; null for a node of the original. */
  readonly node: string | null;
  /** Its process id, as it reports it. */
  readonly processId: number | null;
  /** The version of its program, as it reports it. */
  readonly version: string | null;
}

/** A connected subscriber in the report. */
export interface PeerReport extends ReportedPeer {
  /** `SUB`, as it reports it. */
  readonly socketType: string;
  /** Its subscriptions: at most 100 of `topicCount`. */
  readonly topics: readonly string[];
  /** Number of its subscriptions. */
  readonly topicCount: number;
  /** When it connected, in ISO 8601. */
  readonly connectedAt: string;
  /** What is queued for it. */
  readonly backlog: { readonly events: number; readonly bytes: number };
  /** Events that were skipped because it was too far behind, since it connected. */
  readonly skipped: number;
  /** Events that it was sent again after a reconnection. */
  readonly replayed: number;
  /** Events that it requested but that were no longer kept. */
  readonly lost: number;
  /** How far behind its application is; null if it does not report that. */
  readonly applied: AppliedState | null;
}

/** A subscriber in the report that was disconnected and has not reconnected. */
export interface GonePeerReport extends ReportedPeer {
  /** When it was disconnected, in ISO 8601. */
  readonly goneSince: string;
}

/** The subscribers of a service. */
export interface PeersReport {
  /** The id of the service. */
  readonly publisher: string;
  /** Number of connected subscribers. */
  readonly total: number;
  /** The connected subscribers, the furthest behind first. */
  readonly peers: readonly PeerReport[];
  /** Subscribers that were disconnected in the last hour: at most 1,000, the most recent first. */
  readonly gone: readonly GonePeerReport[];
  /** Why no subscriber is shown. */
  readonly reason?: string;
}

/** A connected subscriber, as its publisher sees it just now. */
export interface SeenPeer {
  readonly state: PeerState;
  readonly applied: AppliedState | undefined;
  /** Events that it or its application is behind. */
  readonly behind: number;
}

/** The subscribers of a service, as its publisher sees them just now. */
export interface SeenPeers extends Pick<PeersReport, "reason" | "total"> {
  /** The furthest behind first. */
  readonly peers: readonly SeenPeer[];
  /** Those that have gone within the last hour: at most 1,000. */
  readonly departed: readonly DepartedPeer[];
}

type SeenPublisher = Pick<FramePublisher, "applied" | "departedPeers" | "peers">;

/** Looks at the subscribers of a publisher, the `limit` that are furthest behind. Never rejects. */
export async function seePeers(publisher: SeenPublisher, limit: number): Promise<SeenPeers> {
  let failure: string | undefined;
  const reported = await publisher.applied?.reported?.().catch((error) => {
    failure = messageOf(error);
    return undefined;
  });
  const states = publisher.peers?.() ?? reported?.peers;
  if (states === undefined) {
    const reason = failure ?? "the network driver does not know its subscribers";
    return { total: 0, peers: [], departed: [], reason };
  }
  const peers: SeenPeer[] = [];
  await inTurns(states, (state) => {
    const applied = state.applied();
    peers.push({ state, applied, behind: Math.max(state.lag, applied?.behind ?? 0) });
  });
  peers.sort((one, other) => other.behind - one.behind);
  const departed = publisher.departedPeers?.() ?? reported?.departed ?? [];
  return { total: states.length, peers: peers.slice(0, limit), departed };
}

/** The same, as the page of peers shows it. */
export async function peersReport(
  publisher: SeenPublisher,
  { id, limit }: { readonly id: string; readonly limit: number },
): Promise<PeersReport> {
  const { total, peers: seen, departed, reason } = await seePeers(publisher, limit);
  const peers: PeerReport[] = [];
  await inTurns(seen, (peer) => peers.push(reportOf(peer)));
  const gone: GonePeerReport[] = [];
  await inTurns(departed, (peer) => {
    gone.push({ ...reportedPeer(peer), goneSince: utcTime(peer.leftAt) });
  });
  gone.reverse();
  return { publisher: id, total, peers, gone, ...(reason !== undefined && { reason }) };
}

function reportedPeer(
  { address, session }: Pick<PeerState, "address" | "session">,
): ReportedPeer {
  return {
    address,
    node: session?.node ?? null,
    processId: session?.processId ?? null,
    version: session?.version ?? null,
  };
}

function reportOf({ state, applied }: SeenPeer): PeerReport {
  const { topicCount, socketType, skipped, replayed, lost } = state;
  return {
    ...reportedPeer(state),
    socketType,
    topics: state.topics(),
    topicCount,
    connectedAt: utcTime(state.connectedAt),
    backlog: state.backlog(),
    skipped,
    replayed,
    lost,
    applied: applied ?? null,
  };
}

/** Maximum size of the page. */
const MAX_PAGE_CHARACTERS = 4 * 1024 * 1024;
/** About the length of a part: it is encoded in much less than a millisecond. */
const PART_CHARACTERS = 16 * 1024;

/**
 * A report as JSON, one peer per line, in parts; peers that find no space are only in `total`.
 */
export async function peersJson({ peers, gone, ...rest }: PeersReport): Promise<string[]> {
  const text = new PartedText(JSON.stringify(rest).slice(0, -1));
  await text.addList("gone", gone);
  await text.addList("peers", peers);
  text.add("}\n");
  return text.parts;
}

/** A long text in parts of a bounded length. */
class PartedText {
  readonly parts: string[];
  #left = MAX_PAGE_CHARACTERS;

  constructor(start: string) {
    this.parts = [start];
  }

  add(text: string): void {
    const last = this.parts.length - 1;
    const part = this.parts[last] ?? "";
    if (part.length < PART_CHARACTERS) this.parts[last] = part + text;
    else this.parts.push(text);
  }

  /** Adds a list as JSON, one item per line; those that find no space are left out. */
  async addList(name: string, items: readonly unknown[]): Promise<void> {
    let separator = "\n";
    this.add(`,"${name}":[`);
    await inTurns(items, (item) => {
      const line = this.#left > 0 ? JSON.stringify(item) : "";
      this.#left -= line.length;
      if (this.#left <= 0) return;
      this.add(separator + line);
      separator = ",\n";
    });
    this.add(separator === "\n" ? "]" : "\n]");
  }
}
