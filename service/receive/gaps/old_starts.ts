import type { GivenUp } from "./given_up.ts";

/** How many are remembered. */
const MAX_STARTS = 8;

/** A start of a publisher that another was heard after. */
export interface OldStart {
  readonly epoch: number;
  /** The number that was due; 0 when any was. */
  readonly next: number;
  /** What had not come of it. */
  readonly givenUp: GivenUp;
  /** When it was left, by the caller's clock. */
  readonly leftAt: number;
}

/** The latest starts of a publisher that others were heard after: what is left of them is no news. */
export class OldStarts {
  readonly #starts: OldStart[] = [];

  /** One more is over, as it seems. */
  add(start: OldStart): void {
    this.#starts.push(start);
    if (this.#starts.length > MAX_STARTS) this.#starts.shift();
  }

  /** The one of this epoch. */
  find(epoch: number): OldStart | undefined {
    return this.#starts.find((start) => start.epoch === epoch);
  }

  /** It is not over. */
  remove(start: OldStart): void {
    this.#starts.splice(this.#starts.indexOf(start), 1);
  }
}
