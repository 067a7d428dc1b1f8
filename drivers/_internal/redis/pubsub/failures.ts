import type { Broadcast } from "../../../contract/channel.ts";
import { DriverError, messageOf } from "../../../contract/errors.ts";
import type { HealthEvent } from "../../../contract/health.ts";
import type { Logger } from "../../../contract/logger.ts";
import { explainRedis, isReply, redisError } from "../errors.ts";
import type { FailedCommand } from "./batch.ts";

/**
 * Explains why a frame was not sent, and counts frames that were taken but not confirmed while no
 * caller waits for the reply.
 */
export class SendFailures {
  readonly #health: Broadcast<HealthEvent>;
  readonly #log: Logger;
  readonly #user: string | undefined;
  readonly #label: string;
  #total = 0;
  #isDue = false;
  #last = "";

  /**
   * @param context `user`: the user of the login, undefined for the server's default user; `label`:
   * the server
   */
  constructor(
    health: Broadcast<HealthEvent>,
    { log, user, label }: {
      readonly log: Logger;
      readonly user: string | undefined;
      readonly label: string;
    },
  ) {
    this.#health = health;
    this.#label = label;
    this.#log = log;
    this.#user = user;
  }

  /** Number of such frames. */
  get total(): number {
    return this.#total;
  }

  /** Called for each frame. */
  readonly onSent = (failed?: FailedCommand): void => {
    if (failed === undefined) return;
    this.#total++;
    if (this.#isDue) return;
    this.#isDue = true;
    // One report for all frames that fail together.
    queueMicrotask(() => this.#report(failed.error));
  };

  #report(error: Error): void {
    this.#isDue = false;
    this.#health.publish({ kind: "dropped", reason: "not-sent", total: this.#total });
    const reason = explainRedis(error, this.#user);
    if (reason === this.#last) return;
    this.#last = reason;
    this.#log.warn(`Redis did not confirm events: ${reason}`, { total: this.#total });
  }

  /** The error for a frame that the server has refused, or that had no reply. */
  unsent(topic: string, error: Error): DriverError {
    const isRefused = isReply(error);
    return redisError(`publish on topic "${topic}"`, error, {
      code: isRefused ? "REFUSED" : "TRANSPORT_FAILED",
      label: this.#label,
      username: this.#user,
      isUncertain: !isRefused,
    });
  }

  /** The error for a wait that timed out. */
  late(
    what: string,
    { timeoutMs, isUncertain = false, cause }: {
      readonly timeoutMs: number;
      readonly isUncertain?: boolean;
      readonly cause?: unknown;
    },
  ): DriverError {
    const why = cause === undefined ? "" : `: ${messageOf(cause)}`;
    const message = `Redis "${this.#label}" ${what}: waited ${timeoutMs / 1000} s${why}`;
    return new DriverError("SEND_TIMEOUT", message, { cause, isUncertain });
  }

  /** Resets, so that a reason that was logged before is logged again. */
  reset(): void {
    this.#last = "";
  }
}
