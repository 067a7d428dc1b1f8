import { pad } from "../terminal/cells.ts";
import type { LivePeer } from "./live_state.ts";
import { countText, durationText } from "../terminal/quantities.ts";

/** The columns by which subscribers can be sorted, in the order in which a key selects them. */
export const SORT_KEYS = [
  "state",
  "behind",
  "lost",
  "skipped",
  "replayed",
  "queued",
  "connected",
  "node",
] as const;

/** One of {@linkcode SORT_KEYS}. */
export type SortKey = (typeof SORT_KEYS)[number];

/** Selection and order of subscribers. */
export interface PeerSelection {
  readonly sort: SortKey;
  readonly isReversed: boolean;
  /** Text in the name, address or state of the selected ones, in any case. */
  readonly filter: string;
}

const SEVERITY = { stuck: 3, gone: 2, behind: 1, current: 0 };

/** The worst first; equal ones by name. */
const ORDERS: Readonly<Record<SortKey, (one: LivePeer, other: LivePeer) => number>> = {
  state: (one, other) => SEVERITY[other.state] - SEVERITY[one.state] || other.behind - one.behind,
  behind: (one, other) => other.behind - one.behind,
  lost: (one, other) => other.lost - one.lost,
  skipped: (one, other) => other.skipped - one.skipped,
  replayed: (one, other) => other.replayed - one.replayed,
  queued: (one, other) => other.queued - one.queued,
  connected: (one, other) => one.seconds - other.seconds,
  node: () => 0,
};

/** The selected subscribers in their order. */
export function selectPeers(
  peers: readonly LivePeer[],
  { sort, isReversed, filter }: PeerSelection,
): LivePeer[] {
  const wanted = filter.toLowerCase();
  const order = ORDERS[sort];
  const selected = peers
    .filter(({ name, address, state }) =>
      [name, address, state].some((text) => text.toLowerCase().includes(wanted))
    )
    .sort((one, other) => order(one, other) || compareNames(one, other));
  return isReversed ? selected.reverse() : selected;
}

function compareNames(one: LivePeer, other: LivePeer): number {
  const [left, right] = [`${one.name} ${one.address}`, `${other.name} ${other.address}`];
  return left < right ? -1 : left > right ? 1 : 0;
}

interface Column {
  readonly heading: string;
  readonly width: number;
  /** Columns with the highest number are dropped first on a narrow terminal. */
  readonly rank: number;
  readonly side?: "left";
  readonly text: (peer: LivePeer) => string;
}

const NODE_WIDTH = 16;
const MAX_NODE_WIDTH = 40;

const COLUMNS: readonly Column[] = [
  { heading: "NODE", width: NODE_WIDTH, rank: 0, text: ({ name }) => name },
  { heading: "STATE", width: 7, rank: 1, text: ({ state }) => state },
  number("BEHIND", 2, ({ behind }) => countText(behind)),
  number("BY", 5, ({ behindFor }) => behindFor > 0 ? durationText(behindFor) : ""),
  number("QUEUED", 6, ({ queued }) => countText(queued)),
  number("SKIPPED", 4, ({ skipped }) => countText(skipped)),
  number("REPLAYED", 7, ({ replayed }) => countText(replayed)),
  number("LOST", 3, ({ lost }) => countText(lost)),
  number("SINCE", 8, ({ seconds }) => durationText(seconds)),
  { heading: "ADDRESS", width: 22, rank: 9, text: ({ address }) => address },
];

function number(heading: string, rank: number, text: Column["text"]): Column {
  return { heading, width: heading === "REPLAYED" ? 8 : 7, rank, side: "left", text };
}

/** Lays out rows of subscribers in as many columns as fit. */
export class PeerLayout {
  readonly #columns: readonly Column[];
  readonly #nodeWidth: number;

  constructor(columns: number) {
    const widthOf = (shown: readonly Column[]) =>
      shown.reduce((sum, { width }) => sum + width + 1, -1);
    let shown = COLUMNS;
    for (let rank = COLUMNS.length - 1; rank > 0 && widthOf(shown) > columns; rank--) {
      shown = shown.filter((column) => column.rank < rank);
    }
    this.#columns = shown;
    const spare = columns - widthOf(shown);
    this.#nodeWidth = Math.max(1, Math.min(MAX_NODE_WIDTH, NODE_WIDTH + spare));
  }

  get heading(): string {
    return this.#line(({ heading }) => heading);
  }

  row(peer: LivePeer): string {
    return this.#line(({ text }) => text(peer));
  }

  #line(textOf: (column: Column) => string): string {
    return this.#columns.map((column) => {
      const width = column.rank === 0 ? this.#nodeWidth : column.width;
      return pad(textOf(column), width, column.side ?? "right");
    }).join(" ").trimEnd();
  }
}
