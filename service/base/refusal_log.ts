import type { Logger } from "../../drivers/contract/logger.ts";
import type { Clock } from "./clock.ts";

const QUIET_MS = 30_000;

interface Tally {
  total: number;
  /** How many since the last line. */
  folded: number;
  nextLineAt: number;
}

/**
 * Reports what peers sent that had to be dropped: the first of a kind at once, the rest folded into
 * one line every half minute, and all of it counted.
 */
export class RefusalLog {
  readonly #subject: string;
  readonly #log: Logger;
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #tallies = new Map<string, Tally>();

  /**
   * Nothing is counted yet.
   *
   * @param subject what drops, as the beginning of a sentence
   */
  constructor(subject: string, log: Logger, clock: Pick<Clock, "monotonic">) {
    this.#subject = subject;
    this.#log = log;
    this.#clock = clock;
  }

  /** How many were dropped, by kind. */
  get counters(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#tallies].map(([kind, { total }]) => [kind, total]));
  }

  /** Counts one of a kind, described by `message`; kinds are a small closed set. */
  note(kind: string, message: string): void {
    const tally = this.#tallies.get(kind) ?? { total: 0, folded: 0, nextLineAt: -Infinity };
    this.#tallies.set(kind, tally);
    tally.total++;
    const now = this.#clock.monotonic();
    if (now < tally.nextLineAt) {
      tally.folded++;
      return;
    }
    const more = tally.folded === 0 ? "" : ` (and ${tally.folded} more like it)`;
    this.#log.warn(`${this.#subject}: ${message}${more}`, { kind, total: tally.total });
    tally.folded = 0;
    tally.nextLineAt = now + QUIET_MS;
  }
}
