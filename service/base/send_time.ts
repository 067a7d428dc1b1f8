import type { Clock } from "./clock.ts";

/**
 * Reading the clock takes longer than stamping an event, so this number of events share a reading.
 */
const SHARED_BY = 64;

/**
 * The time at which events are sent, in microseconds since 1970, at almost no cost: up to 64 events
 * that are sent without a pause share one reading of the clock.
 */
export class SendTime {
  readonly #clock: Pick<Clock, "micros">;
  readonly #forget = () => {
    this.#left = 0;
    this.#isForgetting = false;
  };
  #micros = 0;
  #left = 0;
  #isForgetting = false;

  /** Reads the clock on demand. */
  constructor(clock: Pick<Clock, "micros">) {
    this.#clock = clock;
  }

  /** The current time. It may be up to 64 events old. */
  micros(): number {
    if (this.#left === 0) this.#read();
    this.#left--;
    return this.#micros;
  }

  #read(): void {
    this.#micros = Math.max(0, this.#clock.micros());
    this.#left = SHARED_BY;
    if (this.#isForgetting) return;
    this.#isForgetting = true;
    queueMicrotask(this.#forget);
  }
}
