import { utcTime } from "../../drivers/contract/utc_time.ts";
import { DbUnavailable, messageOf } from "../../drivers/contract/errors.ts";
import type { Logger } from "../../drivers/contract/logger.ts";
import type { Clock } from "./clock.ts";

/** Options of a {@linkcode WarningFolder}. */
export interface WarningFolderOptions {
  /**
   * The activity that fails or succeeds, as the beginning of a sentence: `Monitor of "chassis"`.
   */
  readonly subject: string;
  readonly log: Logger;
  readonly clock: Pick<Clock, "now" | "monotonic">;
}

interface Outage {
  /** By the monotonic clock. */
  readonly startedAt: number;
  readonly isDatabase: boolean;
  failures: number;
}

/**
 * Reduces a series of failures to two lines: a warning when it begins and an info when it ends.
 *
 * Failures in between are debug lines. Each activity needs its own instance.
 */
export class WarningFolder {
  readonly #options: WarningFolderOptions;
  #outage: Outage | undefined;

  constructor(options: WarningFolderOptions) {
    this.#options = options;
  }

  /** Reports one failure. */
  failure(thrown: unknown): void {
    const { subject, log, clock } = this.#options;
    if (this.#outage !== undefined) {
      this.#outage.failures++;
      return log.debug(`${subject}: failed again: ${messageOf(thrown)}`);
    }
    const isDatabase = thrown instanceof DbUnavailable;
    this.#outage = { startedAt: clock.monotonic(), isDatabase, failures: 1 };
    const what = isDatabase ? "database unreachable" : "failing";
    log.warn(`${subject}: ${what} since ${utcTime(clock.now())}: ${messageOf(thrown)}`);
  }

  /** Reports a success. Logs it only after a failure. */
  success(): void {
    const outage = this.#outage;
    if (outage === undefined) return;
    this.#outage = undefined;
    const { subject, log, clock } = this.#options;
    const seconds = Math.round((clock.monotonic() - outage.startedAt) / 100) / 10;
    const what = outage.isDatabase ? "database reachable again" : "works again";
    const attempts = outage.failures === 1
      ? "1 failed attempt"
      : `${outage.failures} failed attempts`;
    log.info(`${subject}: ${what} after ${seconds} s, ${attempts}`);
  }
}
