import type {
  GonePeerReport,
  PeerReport,
  PeersReport,
} from "../../service/controller/observability/peers_report.ts";

/** A subscriber of a publisher, as it is listed; null is what is not known. */
export interface PeerRow {
  readonly publisher: string;
  readonly node: string | null;
  readonly address: string;
  readonly processId: number | null;
  readonly version: string | null;
  /** At most 100 of `topicCount`; null of one that is gone. */
  readonly topics: readonly string[] | null;
  readonly topicCount: number | null;
  readonly connectedSeconds: number | null;
  /** As ISO 8601 has it; null of one that is connected. */
  readonly goneSince: string | null;
  readonly backlogEvents: number | null;
  readonly backlogBytes: number | null;
  readonly lagEvents: number | null;
  readonly lagSeconds: number | null;
  readonly skipped: number | null;
  readonly replayed: number | null;
  readonly lost: number | null;
}

/** The rows of a service: its subscribers, and those that are gone. */
export function peerRows({ publisher, peers, gone }: PeersReport, now: number): PeerRow[] {
  return [
    ...peers.map((peer) => rowOf(publisher, peer, now)),
    ...gone.map((peer) => goneRowOf(publisher, peer)),
  ];
}

function rowOf(publisher: string, peer: PeerReport, now: number): PeerRow {
  const { node, address, processId, version, topics, topicCount, backlog, applied } = peer;
  return {
    publisher,
    ...{ node, address, processId, version, topics, topicCount },
    connectedSeconds: Math.max(0, seconds(now - Date.parse(peer.connectedAt))),
    goneSince: null,
    backlogEvents: backlog.events,
    backlogBytes: backlog.bytes,
    lagEvents: applied?.behind ?? null,
    lagSeconds: applied === null ? null : seconds(applied.behindMs),
    skipped: peer.skipped,
    replayed: peer.replayed,
    lost: peer.lost,
  };
}

function goneRowOf(publisher: string, { goneSince, ...peer }: GonePeerReport): PeerRow {
  const none = { topics: null, topicCount: null, connectedSeconds: null };
  const lag = { backlogEvents: null, backlogBytes: null, lagEvents: null, lagSeconds: null };
  return {
    publisher,
    ...peer,
    ...none,
    goneSince,
    ...lag,
    skipped: null,
    replayed: null,
    lost: null,
  };
}

function seconds(ms: number): number {
  return Math.round(ms / 100) / 10;
}

/** What rows can be sorted by. */
export const SORT_KEYS = ["lag", "node", "address", "connected", "backlog", "lost"] as const;
export type SortKey = (typeof SORT_KEYS)[number];

/** Which rows are shown, and in which order. */
export interface PeerSelection {
  /** The minimum lag in events; 0 for one of any size that has lasted. */
  readonly behind?: number | undefined;
  readonly topic?: string | undefined;
  readonly sort: SortKey;
}

/** Applications report once per second: a lag that is shorter than this may be none. */
const LASTING_SECONDS = 3;

/** The rows to be shown, in their order; the worst first, by name where that does not say it. */
export function selectRows(
  rows: readonly PeerRow[],
  { behind, topic, sort }: PeerSelection,
): PeerRow[] {
  return rows.filter((row) =>
    (behind === undefined || isBehind(row, behind)) &&
    (topic === undefined || row.topics?.includes(topic))
  ).sort((one, other) => ORDERS[sort](one, other) || byName(one, other));
}

function isBehind({ goneSince, lagEvents, lagSeconds, backlogEvents }: PeerRow, events: number) {
  if (goneSince !== null) return true;
  const lag = lagEvents ?? backlogEvents ?? 0;
  if (events > 0) return lag >= events;
  return lag > 0 && (lagSeconds === null || lagSeconds >= LASTING_SECONDS);
}

function byName(one: PeerRow, other: PeerRow): number {
  return (one.node ?? "").localeCompare(other.node ?? "") ||
    one.address.localeCompare(other.address);
}

/** Of one that is gone the lag is not known: it comes before the others. */
const ORDERS: Readonly<Record<SortKey, (one: PeerRow, other: PeerRow) => number>> = {
  lag: descending(({ lagEvents, backlogEvents, goneSince }) =>
    goneSince === null ? lagEvents ?? backlogEvents ?? 0 : Infinity
  ),
  node: byName,
  address: (one, other) => one.address.localeCompare(other.address),
  connected: descending(({ connectedSeconds }) => connectedSeconds ?? Infinity),
  backlog: descending(({ backlogEvents }) => backlogEvents ?? 0),
  lost: descending(({ lost }) => lost ?? 0),
};

function descending(of: (row: PeerRow) => number) {
  return (one: PeerRow, other: PeerRow): number => {
    const [a, b] = [of(one), of(other)];
    return a === b ? 0 : b - a;
  };
}
