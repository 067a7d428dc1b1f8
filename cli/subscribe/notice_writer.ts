import type { GapNotice } from "../../service/protocol/notices.ts";
import {
  foldedJson,
  type FoldedNotices,
  foldedText,
  noticeJson,
  noticeText,
} from "./gap_notices.ts";
import type { TimeFormat } from "../events/event_time.ts";
import { COLOUR, coloured } from "../terminal/colour.ts";
import type { Output } from "../terminal/io.ts";

/** Options of a {@linkcode NoticeWriter}. */
export interface NoticeStyle {
  /** Whether to write JSON instead of text. */
  readonly isJson: boolean;
  /** Formats the time of a line of text. */
  readonly time: TimeFormat;
  readonly hasColour: boolean;
  /** Whether to write only losses, without restarts. */
  readonly quiet?: boolean | undefined;
  /** Time between two lines that count folded notices. @default 10,000 */
  readonly windowMs?: number;
}

const WINDOW_MS = 10_000;
/** Maximum number of notices per window for one publisher and topic, and in total. */
const MAX_EACH = 20;
const MAX_ALL = 500;

interface Tally extends FoldedNotices {
  written: number;
}

/**
 * Writes notices to standard error, as text with a time and a mark, or as JSON.
 *
 * A publisher that keeps contradicting itself causes a notice with each event. So only the first 20
 * notices of a publisher and topic in 10 seconds are written, and 500 in total; one line counts the
 * others.
 */
export class NoticeWriter implements Disposable {
  readonly #err: Output;
  readonly #style: NoticeStyle;
  readonly #tallies = new Map<string, Tally>();
  #written = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(err: Output, style: NoticeStyle) {
    this.#err = err;
    this.#style = style;
  }

  /** Writes a notice, or counts it for the line that ends the window. */
  write(notice: GapNotice): void {
    if (this.#style.quiet && notice.kind === "restart") return;
    this.#timer ??= setTimeout(() => this.#endWindow(), this.#style.windowMs ?? WINDOW_MS);
    const tally = this.#tallyOf(notice);
    if (tally.written < MAX_EACH && this.#written < MAX_ALL) {
      tally.written++;
      this.#written++;
      if (this.#style.isJson) return this.#err.write(`${noticeJson(notice)}\n`);
      return this.#text(noticeText(notice), notice.kind === "restart");
    }
    tally.notices[notice.kind] = (tally.notices[notice.kind] ?? 0) + 1;
    if (!("from" in notice)) return;
    const events = notice.to - notice.from + 1;
    tally.events[notice.kind] = (tally.events[notice.kind] ?? 0) + events;
  }

  /** Writes a notice that is neither a loss nor a restart: as text, or as the JSON of an object. */
  note(text: string, json: object): void {
    if (this.#style.isJson) this.#err.write(`${JSON.stringify(json)}\n`);
    else this.#text(text, true);
  }

  /** When the window is full, further publishers share one tally. */
  #tallyOf(notice: GapNotice): Tally {
    const { topic } = notice;
    const publisher = "publisher" in notice ? notice.publisher : undefined;
    const key = JSON.stringify([topic, publisher]);
    const known = this.#tallies.get(key);
    if (known !== undefined) return known;
    const isFull = this.#written >= MAX_ALL;
    const about = isFull ? {} : publisher === undefined ? { topic } : { topic, publisher };
    const tally = this.#tallies.get("") ?? { ...about, written: 0, notices: {}, events: {} };
    this.#tallies.set(isFull ? "" : key, tally);
    return tally;
  }

  /** A line for people: its time, and a mark that no event has. */
  #text(text: string, isHarmless = false): void {
    const { time, hasColour: isColoured } = this.#style;
    const line = `${time(Date.now())} ! ${text}`;
    const colour = isHarmless ? COLOUR.yellow : COLOUR.red;
    this.#err.write(`${isColoured ? coloured(line, colour) : line}\n`);
  }

  #endWindow(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const tally of this.#tallies.values()) {
      if (Object.keys(tally.notices).length === 0) continue;
      if (this.#style.isJson) this.#err.write(`${foldedJson(tally)}\n`);
      else this.#text(foldedText(tally));
    }
    this.#tallies.clear();
    this.#written = 0;
  }

  /** Writes the pending counts. */
  [Symbol.dispose](): void {
    this.#endWindow();
  }
}
