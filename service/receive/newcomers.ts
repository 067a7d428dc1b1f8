import type { HealthEvent } from "../../drivers/contract/health.ts";
import type { Clock } from "../base/clock.ts";
import type { EventFlow } from "./event_flow.ts";

/** A publisher that becomes live later than this after the start may have sent events before. */
const LATE_MS = 1_000;

/**
 * Notes which publishers may have sent events before they became live, although the application
 * expects every event: a `sync` follows when such a publisher is live. While the application waits
 * for {@linkcode Newcomers.untilReady}, it expects none yet.
 */
export class Newcomers {
  readonly #flow: Pick<EventFlow, "away" | "wasLive">;
  readonly #clock: Pick<Clock, "monotonic">;
  #startedAt = Infinity;
  #waits = 0;
  #hasWaited = false;

  constructor(flow: Pick<EventFlow, "away" | "wasLive">, clock: Pick<Clock, "monotonic">) {
    this.#flow = flow;
    this.#clock = clock;
  }

  /** The publishers that are known at the start are followed, or the broker is. */
  noteStarted(): void {
    this.#startedAt = this.#clock.monotonic();
  }

  /** A publisher is followed from now on. */
  noteFollowed(address: string): void {
    const isExpected = this.#hasWaited || this.#waits === 0;
    if (this.#startedAt < Infinity && isExpected) this.#flow.away(address);
  }

  /** Call it before the flow handles the event. */
  onHealth(event: HealthEvent): void {
    const isNew = event.kind === "live" && !this.#flow.wasLive(event.address);
    if (isNew && this.#isLate) this.#flow.away(event.address);
  }

  /** Whether a publisher that becomes live now is late for an application that has not waited. */
  get #isLate(): boolean {
    const hasWaited = this.#hasWaited || this.#waits > 0;
    return !hasWaited && this.#clock.monotonic() - this.#startedAt > LATE_MS;
  }

  /**
   * Waits, and then expects events of the publishers that have been live.
   *
   * @param wait resolves to the addresses that are certainly live
   * @param followed returns all addresses that are followed
   */
  async untilReady(
    wait: () => Promise<readonly string[]>,
    followed: () => readonly string[],
  ): Promise<readonly string[]> {
    this.#waits++;
    const proven = await wait().finally(() => this.#waits--);
    this.#hasWaited = true;
    for (const address of followed()) {
      // The health stream may not have reported the last proven ones yet.
      if (!proven.includes(address) && !this.#flow.wasLive(address)) this.#flow.away(address);
    }
    return proven;
  }
}
