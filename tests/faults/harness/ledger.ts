import type { Announcement } from "./protocol.ts";
import type { ReceivedStream, StreamId, SubscriberRecord } from "./record.ts";
import type { Truth } from "./truth.ts";

/** One row: what became of every event that one subscriber should have had. */
export interface LedgerRow {
  readonly subscriber: string;
  /** From its baseline on. */
  readonly published: number;
  /** Handed out with no loss ever noticed. */
  readonly delivered: number;
  /** Handed out after their absence was noticed. */
  readonly replayed: number;
  /** Not handed out, but the application was told. */
  readonly announced: number;
  /** Not handed out, and nobody told. One fails the run. */
  readonly silent: number;
  /** Handed out again. One fails the run. */
  readonly duplicates: number;
  /** Handed out after a later one of its stream. One fails the run. */
  readonly disordered: number;
  /** What else is worth a word, such as where the silent ones are. */
  readonly note: string;
}

/** How a ledger is closed. */
export interface LedgerOptions {
  readonly subscriber: string;
  readonly note?: string;
  /**
   * Where the subscriber's events begin: those published after it was ready, or all. Choose all
   * where clocks are not to be trusted and it listened before anything was published.
   *
   * @default "ready"
   */
  readonly baseline?: "ready" | "all";
  /** How long after its publication a loss may be announced; not judged with baseline `all`. */
  readonly withinMs?: number;
  /** Only events whose keys begin so must not come again: others are made to. @default all */
  readonly honestKeys?: string;
}

/** Clocks of one machine agree, but a time is rounded and taken before the event is on its way. */
const ROUNDING_MS = 2;

/** Whether a row closes: nothing silent, nothing twice, nothing out of order. */
export function closes(row: LedgerRow): boolean {
  const { published, delivered, replayed, announced, silent, duplicates, disordered } = row;
  return silent === 0 && duplicates === 0 && disordered === 0 &&
    delivered + replayed + announced === published;
}

/** Draws up one subscriber's row. */
export function closeLedger(
  record: SubscriberRecord,
  truth: Truth,
  { subscriber, note = "", baseline = "ready", withinMs = Infinity, honestKeys }: LedgerOptions,
): LedgerRow {
  const sums = { published: 0, delivered: 0, replayed: 0, announced: 0, silent: 0 };
  const silentAt: string[] = [];
  const usesClock = baseline === "ready";
  const since = usesClock ? record.readyAt ?? Infinity : -Infinity;
  for (const [id, last] of truth.streams) {
    if (!record.topics.has(topicOf(id))) continue;
    const times = truth.timesMs(id);
    const evidence = evidenceFor(record, id, usesClock ? withinMs : Infinity);
    for (let seq = 1; seq <= last; seq++) {
      const sentMs = usesClock ? times[seq] ?? 0 : -Infinity;
      if (sentMs < since || !truth.counts(id, seq)) continue;
      sums.published++;
      const fate = fateOf(seq, sentMs, evidence);
      sums[fate]++;
      if (fate === "silent") silentAt.push(`${topicOf(id)}#${seq}`);
    }
  }
  const streams = [...truth.streams.keys()].flatMap((id) => record.streams.get(id) ?? []);
  const disordered = streams.reduce((sum, each) => sum + each.disordered, 0);
  const repeated = streams.reduce((sum, each) => sum + each.duplicates, 0);
  const duplicates = Math.max(repeated, record.repeatedKeys(honestKeys).length);
  const notes = [note, silentText(silentAt)].filter((text) => text !== "").join("; ");
  return { subscriber, ...sums, duplicates, disordered, note: notes };
}

interface Evidence {
  readonly received: ReceivedStream | undefined;
  /** Known to be missing at some time. */
  readonly gaps: readonly NamedRange[];
  /** Given up. */
  readonly lost: readonly NamedRange[];
  /** When all was to be read again, in order. */
  readonly syncsAt: readonly number[];
  readonly withinMs: number;
}

type NamedRange = Exclude<Announcement, { readonly kind: "sync" }>;

function evidenceFor(record: SubscriberRecord, id: StreamId, withinMs: number): Evidence {
  const ranges: NamedRange[] = [];
  const syncsAt: number[] = [];
  for (const each of record.announcements) {
    if (each.kind === "sync") {
      if (each.topic === null || each.topic === topicOf(id)) syncsAt.push(each.at);
    } else if (each.stream === id) ranges.push(each);
  }
  return {
    received: record.streams.get(id),
    gaps: ranges,
    lost: ranges.filter(({ kind }) => kind === "lost"),
    syncsAt: syncsAt.toSorted((a, b) => a - b),
    withinMs,
  };
}

type Fate = "delivered" | "replayed" | "announced" | "silent";

function fateOf(seq: number, sentMs: number, evidence: Evidence): Fate {
  const { received, gaps, lost, syncsAt, withinMs } = evidence;
  const names = ({ from, to }: NamedRange) => from <= seq && seq <= to;
  if (received?.sentAt.has(seq)) return gaps.some(names) ? "replayed" : "delivered";
  const toldAt = [firstFrom(syncsAt, sentMs - ROUNDING_MS), lost.find(names)?.at ?? Infinity];
  return toldAt.some((at) => at < Infinity && at - withinMs <= sentMs) ? "announced" : "silent";
}

/** The first of the ascending numbers that is at least `least`; infinity when there is none. */
function firstFrom(ascending: readonly number[], least: number): number {
  let [low, high] = [0, ascending.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ascending[middle] ?? 0) < least) low = middle + 1;
    else high = middle;
  }
  return ascending[low] ?? Infinity;
}

/** The topic of a stream, which may hold slashes itself. */
export function topicOf(id: StreamId): string {
  return id.split("/").slice(2).join("/");
}

function silentText(places: readonly string[]): string {
  if (places.length === 0) return "";
  const more = places.length > 5 ? ` and ${places.length - 5} more` : "";
  return `SILENT: ${places.slice(0, 5).join(", ")}${more}`;
}
