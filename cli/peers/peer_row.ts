import {
  type GonePeerReport,
  LASTING_LAG_MS,
  type PeerReport,
  type PeersReport,
} from "../../service/controller/observability/peers_report.ts";

/** A subscriber of a publisher in the list; unknown values are null. */
export interface PeerRow {
  readonly publisher: string;
  readonly node: string | null;
  readonly address: string;
  readonly processId: number | null;
  readonly version: string | null;
  /** At most 100 of `topicCount`; null for a disconnected subscriber. */
  readonly topics: readonly string[] | null;
  readonly topicCount: number | null;
  readonly connectedSeconds: number | null;
  /** When it was disconnected, in ISO 8601; null for a connected subscriber. */
  readonly goneSince: string | null;
  readonly backlogEvents: number | null;
  readonly backlogBytes: number | null;
  readonly lagEvents: number | null;
  readonly lagSeconds: number | null;
  readonly skipped: number | null;
  readonly replayed: number | null;
  readonly lost: number | null;
}

/** The rows of a service: its connected and disconnected subscribers. */
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

function goneRowOf(publisher: string, peer: GonePeerReport): PeerRow {
  const { node, address, processId, version, goneSince } = peer;
  const lag = { backlogEvents: null, backlogBytes: null, lagEvents: null, lagSeconds: null };
  return {
    publisher,
    ...{ node, address, processId, version, topics: null, topicCount: null },
    connectedSeconds: null,
    goneSince,
    ...lag,
    ...{ skipped: null, replayed: null, lost: null },
  };
}

function seconds(ms: number): number {
  return Math.round(ms / 100) / 10;
}

/** The columns by which rows can be sorted. */
export const SORT_KEYS = ["lag", "node", "address", "connected", "backlog", "lost"] as const;
export type SortKey = (typeof SORT_KEYS)[number];

/** Selection and order of rows. */
export interface PeerSelection {
  /** Minimum lag in events; 0 selects any lag that has lasted. */
  readonly behind?: number | undefined;
  readonly topic?: string | undefined;
  readonly sort: SortKey;
}

/** The selected rows in their order: the worst first, and equal ones by name. */
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
  return lag > 0 && (lagSeconds === null || lagSeconds >= LASTING_LAG_MS / 1000);
}

function byName(one: PeerRow, other: PeerRow): number {
  return (one.node ?? "").localeCompare(other.node ?? "") ||
    one.address.localeCompare(other.address);
}

/** The lag of a disconnected subscriber is unknown: it comes before the others. */
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
