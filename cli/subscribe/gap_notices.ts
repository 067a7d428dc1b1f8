import type { GapNotice } from "../../service/protocol/notices.ts";
import { oneLine } from "../terminal/log.ts";
import { counted } from "../terminal/quantities.ts";

/** A notice as one line of text: `lost topic=D publisher=… missing=3..4`. */
export function noticeText(notice: GapNotice): string {
  const { kind, topic } = notice;
  if (kind === "gap") {
    const place = notice.address === undefined ? "" : ` address=${notice.address}`;
    return oneLine(`gap topic=${topic}${place}: ${notice.reason}`);
  }
  const head = `${kind} topic=${topic} publisher=${notice.publisher}`;
  if (kind === "lost") return oneLine(`${head} missing=${notice.from}..${notice.to}`);
  return oneLine(`${head} epoch=${notice.epoch}`);
}

/**
 * A notice as one line of JSON: `{"notice":"lost","topic":"D","publisher":"…","missing":[3,4]}`.
 */
export function noticeJson({ kind, ...notice }: GapNotice): string {
  if (!("from" in notice)) return JSON.stringify({ notice: kind, ...notice });
  const { topic, publisher, epoch, from, to } = notice;
  return JSON.stringify({ notice: kind, topic, publisher, epoch, missing: [from, to] });
}

/**
 * Counts of the notices that were not written, for a publisher and topic, or for any if these are
 * absent.
 */
export interface FoldedNotices {
  readonly topic?: string;
  readonly publisher?: string;
  /** Number of notices, by kind. */
  readonly notices: Partial<Record<GapNotice["kind"], number>>;
  /** Number of events in the ranges of these notices, by kind. */
  readonly events: Partial<Record<GapNotice["kind"], number>>;
}

/** Folded notices as one line of text: `folded topic=D publisher=… lost=120 (350 events)`. */
export function foldedText({ topic, publisher, notices, events }: FoldedNotices): string {
  const of = publisher === undefined ? "" : ` publisher=${publisher}`;
  const head = topic === undefined ? "folded" : `folded topic=${topic}${of}`;
  const parts = Object.entries(notices).map(([kind, count]) => {
    const about = events[kind as GapNotice["kind"]];
    return ` ${kind}=${count}${about === undefined ? "" : ` (${counted(about, "event")})`}`;
  });
  return oneLine(head + parts.join(""));
}

/** Folded notices as one line of JSON. */
export function foldedJson({ topic, publisher, notices, events }: FoldedNotices): string {
  return JSON.stringify({ notice: "folded", topic, publisher, notices, events });
}
