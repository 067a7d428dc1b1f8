/** Which events of a row are wanted. */
export interface RowEventsQuery {
  readonly table: string;
  readonly key: string;
  /** Where an earlier answer ended: its {@linkcode RowEventsReport.next}. @default the newest event */
  readonly before?: string | undefined;
}

/** An event of a row, as its publisher has published it. */
export interface RowEvent {
  readonly action: string;
  /** A text, or another value as JSON text; null without a value. */
  readonly value: string | null;
  readonly topic: string;
  /** When it was published, in ISO 8601; null if that is unknown. */
  readonly at: string | null;
  /** Its publisher, epoch and seq; null if it was published without them. */
  readonly publisher: string | null;
  readonly epoch: number | null;
  readonly seq: number | null;
}

/** Events that were published and could not be searched. */
export interface RowEventsLoss {
  /** When that was noticed, in ISO 8601; null if that is unknown. */
  readonly at: string | null;
  /** Number of events, of any row; null if it is unknown. */
  readonly events: number | null;
  readonly reason: string;
}

/** The events of a row that a service has kept. */
export interface RowEventsReport {
  /** The id of the service. */
  readonly publisher: string;
  /** Where they were searched: `recorder`, `memory`, both or nothing. */
  readonly searched: readonly ("memory" | "recorder")[];
  /** The newest first. */
  readonly events: readonly RowEvent[];
  readonly losses: readonly RowEventsLoss[];
  /** Everything that was published since then was searched, except losses; null for nothing. */
  readonly reachesBackTo: string | null;
  /** Where to go on, if there may be older events; undefined otherwise. */
  readonly next?: string | undefined;
}

/** The answer of a service that has nothing to search yet. */
export function nothingSearched(publisher: string): RowEventsReport {
  return { publisher, searched: [], events: [], losses: [], reachesBackTo: null };
}

const MAX_TEXT = 4_096;

/** The path and query of a request for a {@linkcode RowEventsReport}. */
export function rowEventsTarget({ table, key, before }: RowEventsQuery): string {
  const values = { table, key, ...(before !== undefined && { before }) };
  return `/row?${new URLSearchParams(values)}`;
}

/** Parses the query of such a request. @returns a text that says what is wrong, if it is invalid */
export function parseRowEventsQuery(text: string): RowEventsQuery | string {
  const values = new URLSearchParams(text);
  const [table, key] = [values.get("table"), values.get("key")];
  const before = values.get("before") ?? undefined;
  if (!isName(table)) return `"table" must be the name of a table`;
  if (!isName(key)) return `"key" must be the key of a row`;
  if (before !== undefined && !/^\d{1,10}:\d{1,12}$/.test(before)) {
    return `"before" must be the "next" of an earlier answer`;
  }
  return { table, key, before };
}

function isName(text: string | null): text is string {
  return text !== null && text !== "" && text.length <= MAX_TEXT;
}
