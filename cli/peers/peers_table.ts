import { oneLine } from "../terminal/log.ts";
import type { PeerRow } from "./peer_row.ts";
import { durationText } from "../terminal/quantities.ts";

interface Column {
  readonly heading: string;
  readonly cell: (row: PeerRow) => string;
  /** Columns with a higher value are dropped first on a narrow terminal; 0 is never dropped. */
  readonly leaves: number;
}

const GAP = "  ";

const COLUMNS: readonly Column[] = [
  { heading: "NODE", cell: ({ node }) => node ?? "-", leaves: 0 },
  { heading: "ADDRESS", cell: ({ address }) => address, leaves: 2 },
  { heading: "VERSION", cell: ({ version }) => version ?? "-", leaves: 4 },
  { heading: "TOPICS", cell: ({ topicCount }) => text(topicCount), leaves: 5 },
  { heading: "CONNECTED", cell: connectedText, leaves: 1 },
  { heading: "BACKLOG", cell: ({ backlogEvents }) => text(backlogEvents), leaves: 0 },
  { heading: "LAG", cell: lagText, leaves: 0 },
  { heading: "SKIPPED", cell: ({ skipped }) => text(skipped), leaves: 0 },
  { heading: "REPLAYED", cell: ({ replayed }) => text(replayed), leaves: 3 },
  { heading: "LOST", cell: ({ lost }) => text(lost), leaves: 0 },
];

const PUBLISHER: Column = {
  heading: "PUBLISHER",
  cell: ({ publisher }) => publisher.slice(0, 8),
  leaves: 0,
};

/** The rows as lines under headings; columns that do not fit in `width` are dropped. */
export function peersTable(rows: readonly PeerRow[], width: number): string[] {
  const isOne = new Set(rows.map(({ publisher }) => publisher)).size <= 1;
  let columns = (isOne ? COLUMNS : [PUBLISHER, ...COLUMNS]).map((column) => {
    const cells = [column.heading, ...rows.map((row) => oneLine(column.cell(row)))];
    return { leaves: column.leaves, cells, width: Math.max(...cells.map(({ length }) => length)) };
  });
  for (;;) {
    const total = columns.reduce((sum, each) => sum + each.width + GAP.length, -GAP.length);
    const first = Math.max(...columns.map(({ leaves }) => leaves));
    if (total <= width || first === 0) break;
    columns = columns.filter(({ leaves }) => leaves !== first);
  }
  return Array.from(
    { length: rows.length + 1 },
    (_, line) =>
      columns.map((each) => (each.cells[line] ?? "").padEnd(each.width)).join(GAP).trimEnd(),
  );
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
