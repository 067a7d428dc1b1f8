import { Backoff } from "../../drivers/contract/backoff.ts";
import type { Logger } from "../../drivers/contract/logger.ts";
import type { Clock } from "./clock.ts";
import { WarningFolder } from "./warning_folder.ts";

const FIRST_PAUSE_MS = 250;
const MAX_PAUSE_MS = 30_000;

/** Options of a {@linkcode RetryLoop}. */
export interface RetryLoopOptions {
  /** The activity, as the beginning of a sentence: `Reading the rows`. */
  readonly subject: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** Returns a number from 0 to 1, for the random half of a pause. @default Math.random */
  readonly random?: (() => number) | undefined;
}

/**
 * Repeats work that fails until it succeeds, with a backoff of 0.25 s to 30 s and jitter.
 *
 * A series of failures causes two log lines, regardless of its length.
 */
export class RetryLoop {
  readonly #options: RetryLoopOptions;
  readonly #folder: WarningFolder;

  constructor(options: RetryLoopOptions) {
    this.#options = options;
    this.#folder = new WarningFolder(options);
  }

  /**
   * Repeats `work` until an attempt succeeds, and resolves with its result. Rejects with the
   * signal's reason on abort.
   */
  async run<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const { clock, random } = this.#options;
    const backoff = new Backoff({ firstMs: FIRST_PAUSE_MS, maxMs: MAX_PAUSE_MS, random });
    while (true) {
      signal.throwIfAborted();
      try {
        const result = await work();
        this.#folder.success();
        return result;
      } catch (error) {
        signal.throwIfAborted();
        this.#folder.failure(error);
      }
      await clock.sleep(backoff.next(), signal);
    }
  }
}
