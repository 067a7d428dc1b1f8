import type { PeerRow } from "./peer_row.ts";
import { durationText } from "../terminal/quantities.ts";
import { type Column, tableLines } from "../terminal/table.ts";

const COLUMNS: readonly Column<PeerRow>[] = [
  { heading: "NODE", cell: ({ node }) => node ?? "-" },
  { heading: "ADDRESS", cell: ({ address }) => address, leaves: 2 },
  { heading: "VERSION", cell: ({ version }) => version ?? "-", leaves: 4 },
  { heading: "TOPICS", cell: ({ topicCount }) => text(topicCount), leaves: 5 },
  { heading: "CONNECTED", cell: connectedText, leaves: 1 },
  { heading: "BACKLOG", cell: ({ backlogEvents }) => text(backlogEvents) },
  { heading: "LAG", cell: lagText },
  { heading: "SKIPPED", cell: ({ skipped }) => text(skipped) },
  { heading: "REPLAYED", cell: ({ replayed }) => text(replayed), leaves: 3 },
  { heading: "LOST", cell: ({ lost }) => text(lost) },
];

const PUBLISHER: Column<PeerRow> = {
  heading: "PUBLISHER",
  cell: ({ publisher }) => publisher.slice(0, 8),
};

/** The rows as lines under headings, at most `width` wide. */
export function peersTable(rows: readonly PeerRow[], width: number): string[] {
  const isOne = new Set(rows.map(({ publisher }) => publisher)).size <= 1;
  return tableLines(isOne ? COLUMNS : [PUBLISHER, ...COLUMNS], rows, width);
}

function text(value: number | null): string {
  return value === null ? "-" : String(value);
}

function connectedText({ connectedSeconds, goneSince }: PeerRow): string {
  if (goneSince !== null) {
    return `gone ${durationText((Date.now() - Date.parse(goneSince)) / 1000)}`;
  }
  return connectedSeconds === null ? "-" : durationText(connectedSeconds);
}

function lagText({ lagEvents, lagSeconds }: PeerRow): string {
  if (lagEvents === null) return "-";
  return lagEvents === 0 ? "0" : `${lagEvents} (${durationText(lagSeconds ?? 0)})`;
}
