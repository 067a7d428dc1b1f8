import type { GapNotice } from "../service/gaps/notices.ts";
import type { Output } from "./io.ts";
import { oneLine } from "./log.ts";

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

/** How {@linkcode writeNotice} writes. */
export interface NoticeStyle {
  /** As JSON on a terminal, too. */
  readonly json?: true | undefined;
  /** Only what went wrong: no restarts. */
  readonly quiet?: boolean | undefined;
}

/** Writes a notice beside the data: JSON where a program reads, text on a terminal. */
export function writeNotice(err: Output, notice: GapNotice, { json, quiet }: NoticeStyle): void {
  if (quiet && notice.kind === "restart") return;
  const line = json || !err.isTerminal ? noticeJson(notice) : noticeText(notice);
  err.write(`${line}\n`);
}
