import type { Logger } from "../../contract/logger.ts";
import type { Refusal } from "./budget.ts";

const FOLD_MS = 10_000;
/** Maximum number of slow subscribers that are named; the others are counted. */
const MAX_NAMED = 5;

/** Warnings of one kind. Logs the first few at once, then one summary every ten seconds. */
export class Fold {
  readonly #log: Logger;
  readonly #maxNamed: number;
  #since = -Infinity;
  #named = 0;
  #more = 0;
  #last = "";

  constructor(log: Logger, maxNamed: number) {
    this.#log = log;
    this.#maxNamed = maxNamed;
  }

  warn(message: string): void {
    this.tick(performance.now());
    if (this.#named < this.#maxNamed) {
      this.#named++;
      this.#log.warn(message);
    } else {
      this.#more++;
      this.#last = message;
    }
  }

  tick(now: number): void {
    if (now - this.#since < FOLD_MS) return;
    this.#since = now;
    this.#named = 0;
    if (this.#more === 0) return;
    this.#named = this.#maxNamed;
    this.#log.warn(`${this.#more} more in ${FOLD_MS / 1000} s, the last: ${this.#last}`);
    this.#more = 0;
  }
}

/** Warnings about subscribers that were refused or are too slow, with a count per refusal kind. */
export class Refusals {
  readonly counts = new Map<Refusal, number>();
  readonly #log: Logger;
  /** For each kind, so that none hides another. */
  readonly #refused = new Map<Refusal, Fold>();
  readonly #slow: Fold;

  constructor(log: Logger) {
    this.#log = log;
    this.#slow = new Fold(log, MAX_NAMED);
  }

  count(kind: Refusal): void {
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
  }

  refused(kind: Refusal, peer: string, reason: string): void {
    this.count(kind);
    const fold = this.#refused.get(kind) ?? new Fold(this.#log, 1);
    this.#refused.set(kind, fold);
    fold.warn(`Subscriber ${peer} is disconnected: ${reason}`);
  }

  slow(peer: string, what: string): void {
    this.#slow.warn(`Subscriber ${peer}: ${what}`);
  }

  tick(now: number): void {
    for (const fold of this.#refused.values()) fold.tick(now);
    this.#slow.tick(now);
  }
}
