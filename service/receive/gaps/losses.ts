import type { GapHealerOptions } from "./gap_healer_options.ts";
import type { GapTally } from "./gap_tally.ts";
import type { Healing } from "./healing.ts";
import type { Range } from "./missing_ranges.ts";

/** Counts and tells what will not come, and has it synced. */
export class Losses {
  readonly #tally: GapTally;
  readonly #onLost: GapHealerOptions["onLost"];

  constructor(tally: GapTally, { onLost }: Pick<GapHealerOptions, "onLost">) {
    this.#tally = tally;
    this.#onLost = onLost;
  }

  /** Everything that is missing. */
  giveUp(healing: Healing): void {
    const { track } = healing;
    for (const range of track.giveUp()) this.tell(healing, track.topic, range);
  }

  /** What is missing up to a number. */
  giveUpTo(healing: Healing, to: number): void {
    const { track } = healing;
    while ((track.missing.first?.from ?? Infinity) <= to) {
      const range = track.giveUpTo(to);
      if (range !== undefined) this.tell(healing, track.topic, range);
    }
  }

  /** Numbers that are missing no more. */
  tell(healing: Healing | undefined, topic: string, range: Range): void {
    this.#tally.add("lost", range.to - range.from + 1);
    healing?.lose(range);
    this.#onLost(topic);
  }

  /** Numbers that nobody is asked for: the gap as well. */
  tellOfGap(healing: Healing, range: Range): void {
    this.found(healing, range);
    this.tell(healing, healing.track.topic, range);
  }

  /** Numbers are missing. */
  found(healing: Healing, range: Range): void {
    this.#tally.add("gaps");
    this.#tally.add("missing", range.to - range.from + 1);
    healing.open(range);
  }

  /** An event that came too late to be handed on: no `sync` before this moment need have it. */
  drop(topic: string): void {
    this.#tally.add("duplicates");
    this.#onLost(topic);
  }
}
