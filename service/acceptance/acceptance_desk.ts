import { DriverError } from "../../drivers/contract/errors.ts";
import type { HealthEvent } from "../../drivers/contract/health.ts";
import type { Logger } from "../../drivers/contract/logger.ts";
import type { PubSubDriver } from "../../drivers/contract/pubsub.ts";
import type { Responder } from "../../drivers/contract/requests.ts";
import type { Clock } from "../base/clock.ts";
import { newEpoch } from "../base/epoch.ts";
import { acceptanceHandler } from "./acceptance_responder.ts";
import { AcceptedCounts } from "./accepted_counts.ts";

/** What an {@linkcode AcceptanceDesk} works with. */
export interface AcceptanceDeskOptions {
  readonly clock: Pick<Clock, "micros" | "sleep">;
  readonly log: Logger;
}

/** Where local publishers learn from a service what became of their events. */
export class AcceptanceDesk implements AsyncDisposable {
  /** What the relay counts into. */
  readonly counts: AcceptedCounts;
  readonly #responder: Responder | undefined;

  /**
   * Begins to answer, if the driver has a way to. Where it has none, or its address cannot be one,
   * publishers are left without answers, as by the original's service.
   *
   * @throws {DriverError} `ADDRESS_IN_USE`
   */
  static async open(driver: PubSubDriver, options: AcceptanceDeskOptions): Promise<AcceptanceDesk> {
    const counts = new AcceptedCounts();
    return new AcceptanceDesk(counts, await openResponder(driver, counts, options));
  }

  private constructor(counts: AcceptedCounts, responder: Responder | undefined) {
    this.counts = counts;
    this.#responder = responder;
  }

  /** Whether publishers can connect to ask; undefined where there is nothing that can be lost. */
  get health(): AsyncIterable<HealthEvent> | undefined {
    return this.#responder?.health;
  }

  /** Nothing more will be accepted: whoever waits is answered now, and whoever asks at once. */
  complete(): void {
    this.counts.complete();
  }

  /** Ends answering. Call it last, so that what was accepted until the end is told. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.complete();
    await this.#responder?.[Symbol.asyncDispose]();
  }
}

async function openResponder(
  { requests }: PubSubDriver,
  counts: AcceptedCounts,
  { clock, log }: AcceptanceDeskOptions,
): Promise<Responder | undefined> {
  const service = newEpoch(clock);
  try {
    return await requests?.openResponder(acceptanceHandler({ counts, service, clock }));
  } catch (error) {
    if (!(error instanceof DriverError && error.code === "ADDRESS_INVALID")) throw error;
    log.warn(`Local publishers are not told what is accepted: ${error.message}`);
    return undefined;
  }
}
