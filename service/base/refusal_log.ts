import type { Logger } from "../../drivers/contract/logger.ts";
import type { Clock } from "./clock.ts";

const QUIET_MS = 30_000;

interface Tally {
  total: number;
  /** Number of refusals since the last line. */
  folded: number;
  nextLineAt: number;
}

/**
 * Counts and logs input of peers that had to be dropped. It logs the first refusal of a kind at
 * once, and then at most one line per kind every 30 seconds, with the number of refusals since.
 */
export class RefusalLog {
  readonly #subject: string;
  readonly #log: Logger;
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #tallies = new Map<string, Tally>();

  /**
   * Creates a log that has counted nothing yet.
   *
   * @param subject the component that drops the input, as the beginning of a sentence
   */
  constructor(subject: string, log: Logger, clock: Pick<Clock, "monotonic">) {
    this.#subject = subject;
    this.#log = log;
    this.#clock = clock;
  }

  /** Number of refusals, by kind. */
  get counters(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#tallies].map(([kind, { total }]) => [kind, total]));
  }

  /** Counts a refusal of a kind, which `message` describes. Kinds are a small closed set. */
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
