import { messageOf } from "../../drivers/contract/errors.ts";
import type { Logger } from "../../drivers/contract/logger.ts";
import type { Clock } from "./clock.ts";
import { WarningFolder } from "./warning_folder.ts";

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 30_000;

/** What a {@linkcode Persistence} works with. */
export interface PersistenceOptions {
  /** The activity, as the beginning of a sentence: `Reading the rows`. */
  readonly subject: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** From 0 to 1, what spreads many nodes over the second half of a pause. @default Math.random */
  readonly random?: () => number;
}

/**
 * Does again what fails, until it works: after 0.25 s, then twice that each time, to 30 s at most.
 *
 * Two log lines make a series of failures, however long it is.
 */
export class Persistence {
  readonly #options: PersistenceOptions;
  readonly #folder: WarningFolder;

  constructor(options: PersistenceOptions) {
    this.#options = options;
    this.#folder = new WarningFolder(options);
  }

  /** Resolves with the result of the first attempt that works. An abort rejects with its reason. */
  async until<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    for (let pauseMs = FIRST_PAUSE_MS;; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      signal.throwIfAborted();
      try {
        const result = await work();
        this.#folder.success();
        return result;
      } catch (error) {
        signal.throwIfAborted();
        this.#folder.failure(error);
      }
      await this.#options.clock.sleep(this.#jittered(pauseMs), signal);
    }
  }

  /** Tells of a failure that is not tried again. */
  giveUp(what: string, error: unknown): void {
    this.#options.log.warn(`${this.#options.subject}: ${what}: ${messageOf(error)}`);
  }

  #jittered(pauseMs: number): number {
    return pauseMs * (0.5 + (this.#options.random ?? Math.random)() / 2);
  }
}
