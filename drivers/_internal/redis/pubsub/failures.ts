import type { Broadcast } from "../../../contract/channel.ts";
import type { HealthEvent } from "../../../contract/health.ts";
import type { Logger } from "../../../contract/logger.ts";
import { explainRedis } from "../errors.ts";

/** Counts frames that were taken and not confirmed, when nobody waits to be told of each. */
export class SendFailures {
  readonly #health: Broadcast<HealthEvent>;
  readonly #log: Logger;
  readonly #user: string | undefined;
  #total = 0;
  #isDue = false;
  #last = "";

  /** @param context `user`: who is logged in, undefined the server's default user */
  constructor(
    health: Broadcast<HealthEvent>,
    { log, user }: { readonly log: Logger; readonly user: string | undefined },
  ) {
    this.#health = health;
    this.#log = log;
    this.#user = user;
  }

  /** How many there have been. */
  get total(): number {
    return this.#total;
  }

  /** Told of each frame. */
  readonly onSent = (error: Error | undefined): void => {
    if (error === undefined) return;
    this.#total++;
    if (this.#isDue) return;
    this.#isDue = true;
    // One report for all that failed together.
    queueMicrotask(() => this.#report(error));
  };

  #report(error: Error): void {
    this.#isDue = false;
    this.#health.publish({ kind: "dropped", reason: "not-sent", total: this.#total });
    const reason = explainRedis(error, this.#user);
    if (reason === this.#last) return;
    this.#last = reason;
    this.#log.warn(`Redis did not confirm events: ${reason}`, { total: this.#total });
  }

  /** From now on a reason that was logged before is news again. */
  reset(): void {
    this.#last = "";
  }
}
