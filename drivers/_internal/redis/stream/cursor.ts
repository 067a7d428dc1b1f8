import type { DriverError } from "../../../contract/errors.ts";
import type { PastWanted } from "../../../contract/past.ts";
import { parseSince, type StreamPosition } from "./position.ts";

/** The state of a subscriber in one topic, across connections. */
export class StreamCursor {
  readonly topic: string;
  readonly key: string;
  /** Undefined for a topic that begins now, until the end of its stream is known. */
  position: StreamPosition | undefined;
  /**
   * Whether older entries that are gone do not count as missed: the first read of all kept entries.
   */
  isHistory = false;
  /**
   * `unplaced`: this connection has not read the stream's state yet. `behind`: there may be
   * entries, some of which may have been trimmed. `level`: everything was read.
   */
  state: "unplaced" | "behind" | "level" | "refused" = "unplaced";
  refusal: DriverError | undefined;
  /** For a topic that begins now: why events may be lost before its position is known. */
  missed: string | undefined;
  /** Whether a gap was reported since the cursor was last level, and a later gap that was not. */
  gap: { isReported: boolean; later: string | undefined } = { isReported: false, later: undefined };

  /** Where the topic begins; undefined for now, and when the past has come. */
  wanted: PastWanted | undefined;
  /** With a maximum number of entries: the number of those that there are, once it is known. */
  frames: number | undefined;
  /** Whether it was reported where the past begins. */
  isPastBegun = false;

  constructor(topic: string, key: string, wanted: PastWanted) {
    const { since: text = wanted.last === undefined ? "now" : "start" } = wanted;
    const since = parseSince(text);
    this.topic = topic;
    this.key = key;
    this.wanted = since === "now" ? undefined : wanted;
    if (wanted.last !== undefined) return;
    this.position = since === "now" ? undefined : since.after;
    this.isHistory = since !== "now" && since.isHistory;
  }

  /** Notes that events may be lost if the topic begins now, and its beginning is not known yet. */
  miss(reason: string): void {
    if (this.position === undefined && this.wanted === undefined) this.missed ??= reason;
  }
}
