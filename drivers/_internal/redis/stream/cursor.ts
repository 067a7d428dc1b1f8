import type { DriverError } from "../../../contract/errors.ts";
import type { Since, StreamPosition } from "./position.ts";

/** Where a subscriber stands in one topic; outlives connections. */
export class StreamCursor {
  readonly topic: string;
  readonly key: string;
  /** Undefined until the end of the stream is known, of a topic that begins now. */
  position: StreamPosition | undefined;
  /** Whether nothing that is gone can be missed: the first reading of all that is kept. */
  isHistory: boolean;
  /**
   * `unplaced`: this connection has not looked at the stream yet. `behind`: entries may wait, and
   * may have been cut off meanwhile. `level`: everything was read.
   */
  state: "unplaced" | "behind" | "level" | "refused" = "unplaced";
  refusal: DriverError | undefined;
  /** Whether a gap was told since the cursor was last level, and a later one that was not. */
  gap: { isTold: boolean; later: string | undefined } = { isTold: false, later: undefined };

  constructor(topic: string, key: string, since: Since) {
    this.topic = topic;
    this.key = key;
    this.position = since === "now" ? undefined : since.after;
    this.isHistory = since !== "now" && since.isHistory;
  }
}
