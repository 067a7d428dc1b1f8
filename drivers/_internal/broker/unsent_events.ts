import type { Broadcast } from "../../contract/channel.ts";
import type { HealthEvent } from "../../contract/health.ts";
import type { Logger } from "../../contract/logger.ts";

/** Options of {@linkcode UnsentEvents}. */
export interface UnsentEventsOptions {
  readonly health: Broadcast<HealthEvent>;
  readonly log: Logger;
  /** The line of the log for an error. */
  readonly explain: (error: Error) => string;
}

/** Counts and reports events that a broker did not accept while no caller waits for the answer. */
export class UnsentEvents {
  readonly #options: UnsentEventsOptions;
  #total = 0;
  #isDue = false;
  #last = "";

  constructor(options: UnsentEventsOptions) {
    this.#options = options;
  }

  /** Number of such events. */
  get total(): number {
    return this.#total;
  }

  /** Notes an event that was not accepted. */
  note(error: Error): void {
    this.#total++;
    if (this.#isDue) return;
    this.#isDue = true;
    // One report for all events that fail together.
    queueMicrotask(() => this.#report(error));
  }

  #report(error: Error): void {
    const { health, log, explain } = this.#options;
    this.#isDue = false;
    health.publish({ kind: "dropped", reason: "not-sent", total: this.#total });
    const message = explain(error);
    if (message === this.#last) return;
    this.#last = message;
    log.warn(message, { total: this.#total });
  }

  /** A reason that was logged before is logged again. */
  reset(): void {
    this.#last = "";
  }
}
