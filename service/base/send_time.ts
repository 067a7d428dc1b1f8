import type { Clock } from "./clock.ts";

/** Reading the clock takes longer than stamping does: so many events may share one reading. */
const SHARED_BY = 64;

/**
 * When events are sent, in microseconds since 1970, for next to nothing: those that go out without a
 * pause, up to 64 of them, have the same time.
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

  /** Reads the clock when it is asked. */
  constructor(clock: Pick<Clock, "micros">) {
    this.#clock = clock;
  }

  /** The time, at most some dozens of events old. */
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
