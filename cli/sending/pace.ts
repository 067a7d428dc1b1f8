import { nextTurn } from "../../drivers/contract/next_turn.ts";
import { pause } from "../../drivers/contract/waiting.ts";
import { type Clock, systemClock } from "../../service/base/clock.ts";

/** Maximum delay that a pace makes up for; steps that were due earlier are skipped. */
const CATCH_UP_MS = 100;
/** Number of steps without a wait after which other work of the event loop runs. */
const YIELD_EVERY = 256;

/** Limits a command to a number of steps per second. */
export class Pace {
  readonly #intervalMs: number;
  readonly #signal: AbortSignal;
  readonly #clock: Pick<Clock, "monotonic" | "sleep">;
  #dueAt = -Infinity;
  #steps = 0;

  /** @param rate steps per second; undefined for no limit */
  constructor(
    rate: number | undefined,
    signal: AbortSignal,
    clock: Pick<Clock, "monotonic" | "sleep"> = systemClock,
  ) {
    this.#intervalMs = rate === undefined ? 0 : 1000 / rate;
    this.#signal = signal;
    this.#clock = clock;
  }

  /** Takes a step if that needs no wait; otherwise call {@linkcode next}. */
  tryNext(): boolean {
    const isFree = this.#intervalMs === 0 && !this.#signal.aborted && !this.#mustYield;
    if (isFree) this.#steps++;
    return isFree;
  }

  get #mustYield(): boolean {
    return this.#steps % YIELD_EVERY === YIELD_EVERY - 1;
  }

  /** Waits until a step is due; the first one is due at once. Returns false on interrupt. */
  async next(): Promise<boolean> {
    const now = this.#clock.monotonic();
    this.#dueAt = Math.max(this.#dueAt + this.#intervalMs, now - CATCH_UP_MS);
    if (this.#intervalMs > 0 && this.#steps === 0) this.#dueAt = now;
    if (this.#dueAt > now) {
      await pause(this.#dueAt - now, this.#signal, this.#clock);
    } else if (this.#mustYield) {
      await nextTurn();
    }
    this.#steps++;
    return !this.#signal.aborted;
  }
}
