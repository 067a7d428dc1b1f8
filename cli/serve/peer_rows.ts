import { inTurns } from "../../drivers/contract/next_turn.ts";
import type { DepartedPeer } from "../../drivers/contract/peer_state.ts";
import type { SeenPeer, SeenPeers } from "../../service/controller/observability/peers_report.ts";

/** A node that has been behind, and has reported nothing, for this time is stuck. */
const STUCK_MS = 3_000;
const SHOWN_TOPICS = 3;

/** What has changed since the last look. */
export interface RowChanges {
  /** Rows as JSON. */
  readonly changed: readonly string[];
  /** Addresses. */
  readonly removed: readonly string[];
}

interface Row {
  /** Its cells, by which a change is noticed. */
  readonly cells: Cells;
  readonly text: string;
}

type Cells = Readonly<Record<string, unknown>>;

/** The subscribers as viewers have them: a row as JSON by address, made only when it changes. */
export class PeerRows {
  #rows: ReadonlyMap<string, Row> = new Map();

  /** All rows as JSON. */
  get all(): readonly string[] {
    return Array.from(this.#rows.values(), ({ text }) => text);
  }

  clear(): void {
    this.#rows = new Map();
  }

  async update({ peers, departed }: Pick<SeenPeers, "departed" | "peers">): Promise<RowChanges> {
    const known = this.#rows;
    const rows = new Map<string, Row>();
    const take = (address: string, cells: Cells) => {
      const row = known.get(address);
      const isSame = row !== undefined && areEqual(cells, row.cells);
      rows.set(address, isSame ? row : { cells, text: JSON.stringify({ address, ...cells }) });
    };
    await inTurns(departed, (peer) => take(peer.address, goneCells(peer)));
    await inTurns(peers, (peer) => take(peer.state.address, cellsOf(peer)));
    // They may have been cleared meanwhile.
    const before = this.#rows;
    this.#rows = rows;
    const changed = [...rows].filter(([address, row]) => before.get(address) !== row);
    return {
      changed: changed.map(([, { text }]) => text),
      removed: [...before.keys()].filter((address) => !rows.has(address)),
    };
  }
}

/** Both have cells of the same names, unless their `state` differs. */
function areEqual(one: Cells, other: Cells): boolean {
  for (const name in one) if (!isEqual(one[name], other[name])) return false;
  return true;
}

/** A list of topics is another one each time. */
function isEqual(one: unknown, other: unknown): boolean {
  if (!Array.isArray(one) || !Array.isArray(other)) return one === other;
  return one.length === other.length && one.every((each, at) => each === other[at]);
}

/** They change only with the peer: its age counts only while it is behind, in whole seconds. */
function cellsOf({ state: peer, applied, behind }: SeenPeer): Cells {
  const { behindMs = 0, ageMs = 0 } = applied ?? {};
  const isStuck = Math.min(behindMs, ageMs) >= STUCK_MS;
  const { session, topicCount, skipped, replayed, lost } = peer;
  return {
    node: session?.node ?? null,
    version: session?.version ?? null,
    topics: peer.topics(SHOWN_TOPICS),
    topicCount,
    state: behind === 0 ? "current" : isStuck ? "stuck" : "behind",
    since: peer.connectedAt,
    behind,
    behindFor: behind === 0 ? 0 : Math.floor(behindMs / 1000),
    queued: peer.backlog().events,
    skipped,
    replayed,
    lost,
  };
}

/** Cells of the same columns, of a subscriber that was disconnected. */
function goneCells({ session, leftAt }: DepartedPeer): Cells {
  const { node = null, version = null } = session ?? {};
  const gone = { topics: [], topicCount: 0, behind: 0, state: "gone", goneSince: leftAt };
  return { node, version, ...gone };
}
