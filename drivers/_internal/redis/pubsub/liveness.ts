import type { Broadcast } from "../../../contract/channel.ts";
import type { HealthEvent } from "../../../contract/health.ts";

/**
 * Whether events arrive without loss, told on a health stream: each interruption is exactly one
 * `disconnected` and, when it is over, one `live`, however many things went wrong meanwhile.
 */
export class Liveness {
  readonly #health: Broadcast<HealthEvent>;
  readonly #address: string;
  #isLive = false;
  #wasInterrupted = false;

  constructor(health: Broadcast<HealthEvent>, address: string) {
    this.#health = health;
    this.#address = address;
  }

  /** Whether it was interrupted and is not live again. */
  get isInterrupted(): boolean {
    return this.#wasInterrupted && !this.#isLive;
  }

  /** Whether all is well. */
  get isLive(): boolean {
    return this.#isLive;
  }

  /** All is well. */
  up(): void {
    if (this.#isLive) return;
    this.#isLive = true;
    this.#health.publish({ kind: "live", address: this.#address, proof: "confirmed" });
  }

  /** Something is not; news only if it was, or if nothing ever was. */
  down(reason: string): void {
    if (!this.#isLive && this.#wasInterrupted) return;
    this.#isLive = false;
    this.#wasInterrupted = true;
    this.#health.publish({ kind: "disconnected", address: this.#address, reason });
  }
}
