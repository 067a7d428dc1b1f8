import type { GapCounters } from "../../protocol/notices.ts";

type Totals = Omit<GapCounters, "held" | "untracked">;

/** Counts what becomes of gaps. */
export class GapTally {
  readonly #totals: { -readonly [name in keyof Totals]: number } = {
    gaps: 0,
    missing: 0,
    replayed: 0,
    late: 0,
    lost: 0,
    duplicates: 0,
    restarts: 0,
    contested: 0,
    nativeSyncs: 0,
    refused: 0,
  };

  /** What was counted so far. */
  get totals(): Totals {
    return { ...this.#totals };
  }

  /** Counts so many. */
  add(name: keyof Totals, count = 1): void {
    this.#totals[name] += count;
  }
}
