import type { Announcement } from "./protocol.ts";
import type { ReceivedStream, StreamId, SubscriberRecord } from "./record.ts";
import type { Truth } from "./truth.ts";

/** One row: the fate of every event that one subscriber should have received. */
export interface LedgerRow {
  readonly subscriber: string;
  /** Published events from the subscriber's baseline on. */
  readonly published: number;
  /** Received before any loss was noticed. */
  readonly delivered: number;
  /** Received after the subscriber had noticed that they were missing. */
  readonly replayed: number;
  /** Not received, but reported to the application. */
  readonly announced: number;
  /** Neither received nor reported. One such event fails the run. */
  readonly silent: number;
  /** Received again. One such event fails the run. */
  readonly duplicates: number;
  /** Received after a later event of the same stream. One such event fails the run. */
  readonly disordered: number;
  /** Other remarks, such as the positions of silent losses. */
  readonly note: string;
}

/** Options for closing a ledger. */
export interface LedgerOptions {
  readonly subscriber: string;
  readonly note?: string;
  /**
   * The first event that counts: from the time when the subscriber was ready, or from the
   * beginning. Use `all` where clocks are unreliable and the subscriber was connected before the
   * first event.
   * @default "ready"
   */
  readonly baseline?: "ready" | "all";
  /**
   * Maximum delay between publication and the report of a loss. Not checked with baseline `all`.
   */
  readonly withinMs?: number;
  /**
   * Prefix of the keys that must not arrive twice; other events are repeated on purpose. @default
   * all
   */
  readonly validKeys?: string;
}

/** All processes share one clock. But times are rounded, and taken before the event is sent. */
const ROUNDING_MS = 2;

/** Whether a row closes: no silent loss, no duplicate, no event out of order. */
export function closes(row: LedgerRow): boolean {
  const { published, delivered, replayed, announced, silent, duplicates, disordered } = row;
  return silent === 0 && duplicates === 0 && disordered === 0 &&
    delivered + replayed + announced === published;
}

/** Computes one subscriber's row. */
export function closeLedger(
  record: SubscriberRecord,
  truth: Truth,
  { subscriber, note = "", baseline = "ready", withinMs = Infinity, validKeys }: LedgerOptions,
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
  const duplicates = Math.max(repeated, record.repeatedKeys(validKeys).length);
  const notes = [note, silentText(silentAt)].filter((text) => text !== "").join("; ");
  return { subscriber, ...sums, duplicates, disordered, note: notes };
}

interface Evidence {
  readonly received: ReceivedStream | undefined;
  /** Events that the subscriber has ever reported as missing. */
  readonly gaps: readonly NamedRange[];
  /** Events that it has reported as lost. */
  readonly lost: readonly NamedRange[];
  /** The times of requests to read everything again, in ascending order. */
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
  const reportedAt = [firstFrom(syncsAt, sentMs - ROUNDING_MS), lost.find(names)?.at ?? Infinity];
  return reportedAt.some((at) => at < Infinity && at - withinMs <= sentMs) ? "announced" : "silent";
}

/** The first of the ascending numbers that is at least `least`, or infinity. */
function firstFrom(ascending: readonly number[], least: number): number {
  let [low, high] = [0, ascending.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ascending[middle] ?? 0) < least) low = middle + 1;
    else high = middle;
  }
  return ascending[low] ?? Infinity;
}

/** The topic of a stream. A topic may contain slashes. */
function topicOf(id: StreamId): string {
  return id.split("/").slice(2).join("/");
}

function silentText(places: readonly string[]): string {
  if (places.length === 0) return "";
  const more = places.length > 5 ? ` and ${places.length - 5} more` : "";
  return `SILENT: ${places.slice(0, 5).join(", ")}${more}`;
}
