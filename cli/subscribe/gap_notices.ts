import type { GapNotice } from "../../service/protocol/notices.ts";
import { oneLine } from "../terminal/log.ts";

/** A notice as one line for people: `gap topic=D publisher=… missing=3..4`. */
export function noticeText(notice: GapNotice): string {
  const { kind, topic, publisher, epoch } = notice;
  const head = `${kind} topic=${topic} publisher=${publisher}`;
  if (kind === "restart" || kind === "contested") return oneLine(`${head} epoch=${epoch}`);
  const range = `missing=${notice.from}..${notice.to}`;
  const replayed = kind === "healed" ? ` replayed=${notice.replayed}` : "";
  return oneLine(`${head} ${range}${replayed}`);
}

/** The same as one line of JSON: `{"notice":"gap","topic":"D","publisher":"…","missing":[3,4]}`. */
export function noticeJson(notice: GapNotice): string {
  const { kind, topic, publisher, epoch } = notice;
  const head = { notice: kind, topic, publisher, epoch };
  if (kind === "restart" || kind === "contested") return JSON.stringify(head);
  const missing = [notice.from, notice.to];
  const replayed = kind === "healed" ? { replayed: notice.replayed } : {};
  return JSON.stringify({ ...head, missing, ...replayed });
}

/** Notices of a publisher and topic that were not written one by one; of any when these are absent. */
export interface FoldedNotices {
  readonly topic?: string;
  readonly publisher?: string;
  /** How many, by kind. */
  readonly notices: Partial<Record<GapNotice["kind"], number>>;
  /** How many events those are about that name a range, by kind. */
  readonly events: Partial<Record<GapNotice["kind"], number>>;
}

/** Folded notices as one line for people: `folded topic=D publisher=… gap=120 (350 events) lost=…`. */
export function foldedText({ topic, publisher, notices, events }: FoldedNotices): string {
  const head = topic === undefined ? "folded" : `folded topic=${topic} publisher=${publisher}`;
  const parts = Object.entries(notices).map(([kind, count]) => {
    const about = events[kind as GapNotice["kind"]];
    return ` ${kind}=${count}${about === undefined ? "" : ` (${about} events)`}`;
  });
  return oneLine(head + parts.join(""));
}

/** The same as one line of JSON. */
export function foldedJson({ topic, publisher, notices, events }: FoldedNotices): string {
  return JSON.stringify({ notice: "folded", topic, publisher, notices, events });
}
