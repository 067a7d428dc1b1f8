import { nextTurn } from "../../drivers/contract/next_turn.ts";
import { pause } from "../../drivers/contract/waiting.ts";
import { type Clock, systemClock } from "../../service/base/clock.ts";

/** How far a pace that has fallen behind may catch up; what is older is left out. */
const CATCH_UP_MS = 100;
/** Steps that nobody waits for let nothing else run: after so many they do. */
const BREATHE_EVERY = 256;

/** Holds a command to so many steps a second. */
export class Pace {
  readonly #intervalMs: number;
  readonly #signal: AbortSignal;
  readonly #clock: Pick<Clock, "monotonic" | "sleep">;
  #dueAt = -Infinity;
  #steps = 0;

  /** @param rate steps a second; undefined for as many as there are */
  constructor(
    rate: number | undefined,
    signal: AbortSignal,
    clock: Pick<Clock, "monotonic" | "sleep"> = systemClock,
  ) {
    this.#intervalMs = rate === undefined ? 0 : 1000 / rate;
    this.#signal = signal;
    this.#clock = clock;
  }

  /** Takes a step if that needs no wait; otherwise it is for {@linkcode next} to say. */
  tryNext(): boolean {
    const isFree = this.#intervalMs === 0 && !this.#signal.aborted && !this.#isToBreathe;
    if (isFree) this.#steps++;
    return isFree;
  }

  get #isToBreathe(): boolean {
    return this.#steps % BREATHE_EVERY === BREATHE_EVERY - 1;
  }

  /** Waits until a step is due, which the first is at once. False when interrupted. */
  async next(): Promise<boolean> {
    const now = this.#clock.monotonic();
    this.#dueAt = Math.max(this.#dueAt + this.#intervalMs, now - CATCH_UP_MS);
    if (this.#intervalMs > 0 && this.#steps === 0) this.#dueAt = now;
    if (this.#dueAt > now) {
      await pause(this.#dueAt - now, this.#signal, this.#clock);
    } else if (this.#isToBreathe) {
      await nextTurn();
    }
    this.#steps++;
    return !this.#signal.aborted;
  }
}
