import { utcTime } from "../../../drivers/contract/utc_time.ts";
import { messageOf } from "../../../drivers/contract/errors.ts";
import { inTurns } from "../../../drivers/contract/next_turn.ts";
import type {
  AppliedState,
  DepartedPeer,
  PeerState,
} from "../../../drivers/contract/peer_state.ts";
import type { FramePublisher } from "../../../drivers/contract/pubsub.ts";

/** A connected subscriber in the report. */
export interface PeerReport {
  /** Its address and port. */
  readonly address: string;
  /** The name of its node, as it reports it; null for a node of the original. */
  readonly node: string | null;
  /** Its process id, as it reports it. */
  readonly processId: number | null;
  /** The version of its program, as it reports it. */
  readonly version: string | null;
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
export interface GonePeerReport {
  /** Its last address and port. */
  readonly address: string;
  /** The name of its node, as it reported it. */
  readonly node: string | null;
  /** Its process id, as it reported it. */
  readonly processId: number | null;
  /** The version of its program, as it reported it. */
  readonly version: string | null;
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
  /** Why there are none to show. */
  readonly reason?: string;
}

/** Reports the subscribers of a publisher: the `limit` that are furthest behind. */
export async function peersReport(
  publisher: Pick<FramePublisher, "applied" | "departedPeers" | "peers"> | undefined,
  { id, limit }: { readonly id: string; readonly limit: number },
): Promise<PeersReport> {
  let failure: string | undefined;
  const reported = await publisher?.applied?.reported?.().catch((error) => {
    failure = messageOf(error);
    return undefined;
  });
  const states = publisher?.peers?.() ?? reported?.peers;
  if (states === undefined) {
    const reason = failure ??
      (publisher === undefined
        ? "the publisher to the network is not open yet"
        : "the network driver does not know its subscribers");
    return { publisher: id, total: 0, peers: [], gone: [], reason };
  }
  const ranked: { readonly state: PeerState; readonly behind: number }[] = [];
  await inTurns(states, (state) => {
    ranked.push({ state, behind: Math.max(state.lag, state.applied()?.behind ?? 0) });
  });
  ranked.sort((one, other) => other.behind - one.behind);
  const peers: PeerReport[] = [];
  await inTurns(ranked.slice(0, limit), ({ state }) => peers.push(reportOf(state)));
  const gone = (publisher?.departedPeers?.() ?? reported?.departed ?? []).map(goneReportOf)
    .reverse();
  return { publisher: id, total: states.length, peers, gone };
}

function goneReportOf({ address, session, leftAt }: DepartedPeer): GonePeerReport {
  return {
    address,
    node: session?.node ?? null,
    processId: session?.processId ?? null,
    version: session?.version ?? null,
    goneSince: utcTime(leftAt),
  };
}

function reportOf(state: PeerState): PeerReport {
  const { session, topicCount, socketType, skipped, replayed, lost } = state;
  return {
    address: state.address,
    node: session?.node ?? null,
    processId: session?.processId ?? null,
    version: session?.version ?? null,
    socketType,
    topics: state.topics(),
    topicCount,
    connectedAt: utcTime(state.connectedAt),
    backlog: state.backlog(),
    skipped,
    replayed,
    lost,
    applied: state.applied() ?? null,
  };
}

/** Maximum size of the page. */
const MAX_PAGE_CHARACTERS = 4 * 1024 * 1024;

/** A report as JSON with one peer per line. Peers that do not fit count only in `total`. */
export async function peersJson({ peers, ...rest }: PeersReport): Promise<string> {
  const lines: string[] = [];
  let left = MAX_PAGE_CHARACTERS;
  await inTurns(peers, (peer) => {
    const line = left > 0 ? JSON.stringify(peer) : "";
    left -= line.length;
    if (left > 0) lines.push(line);
  });
  const head = JSON.stringify({ ...rest, peers: [] }).slice(0, -"]}".length);
  return `${head}${lines.length > 0 ? `\n${lines.join(",\n")}\n` : ""}]}\n`;
}
