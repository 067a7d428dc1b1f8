import type { Clock } from "../../base/clock.ts";
import type { DbUpdate } from "../../event/db_update.ts";
import type { GapNotice } from "../../protocol/notices.ts";
import type { PositionTracker } from "./position_tracker.ts";
import type { Replayer } from "./replayer.ts";

/** What a {@linkcode GapHealer} works with. */
export interface GapHealerOptions {
  readonly tracker: PositionTracker;
  /** Absent where nobody answers: what is missing is lost at once. */
  readonly replayer?: Replayer | undefined;
  readonly clock: Clock;
  /** How often hellos come; 0 never. */
  readonly helloMs: number;
  /** How long events may be behind a hello that speaks of them, on another connection. */
  readonly graceMs: number;
  /** The most events held back, and their octets. */
  readonly holdEvents: number;
  readonly holdOctets: number;
  /** Takes updates that are ready in between; resolves when they are handed on. */
  readonly onReady: (updates: DbUpdate[]) => Promise<void>;
  readonly onNotice: (notice: GapNotice) => void;
  /** Events of a topic are lost: a `sync` of it is wanted. */
  readonly onLost: (topic: string) => void;
  /** A publisher was heard at an address; known means in an epoch that is known. */
  readonly onHeard: (address: string, topic: string, isKnown: boolean) => void;
}
