import { setImmediate } from "node:timers/promises";
import type { Clock } from "../../../service/base/clock.ts";

interface Sleeper {
  readonly dueAt: number;
  readonly wake: () => void;
}

/** The initial wall clock time of a {@linkcode FakeClock} (default). */
export const FAKE_EPOCH_MS = 1_462_548_000_000;

/** A clock that moves only when a test moves it. */
export class FakeClock implements Clock {
  #wall: number;
  #monotonic = 0;
  readonly #sleepers = new Set<Sleeper>();

  constructor(wall = FAKE_EPOCH_MS) {
    this.#wall = wall;
  }

  now(): number {
    return this.#wall;
  }

  micros(): number {
    return Math.round(this.#wall * 1000);
  }

  monotonic(): number {
    return this.#monotonic;
  }

  /** The number of pending sleeps. */
  get sleepers(): number {
    return this.#sleepers.size;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const onAbort = () => {
        this.#sleepers.delete(sleeper);
        reject(signal?.reason);
      };
      const wake = () => {
        signal?.removeEventListener("abort", onAbort);
        resolve();
      };
      const sleeper: Sleeper = { dueAt: this.#monotonic + ms, wake };
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#sleepers.add(sleeper);
    });
  }

  /** Sets the wall clock, as an administrator would; durations are unaffected. */
  setWall(wall: number): void {
    this.#wall = wall;
  }

  /**
   * Advances the clock by `ms`. Every sleep that is due in this time ends at its moment, in order.
   */
  async advance(ms: number): Promise<void> {
    await this.settle();
    const end = this.#monotonic + ms;
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#pass(next.dueAt - this.#monotonic);
      this.#sleepers.delete(next);
      next.wake();
      await this.settle();
    }
    this.#pass(end - this.#monotonic);
  }

  /** Runs every pending task that does not wait for time to pass. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 3; turn++) await setImmediate();
  }

  #pass(ms: number): void {
    this.#wall += ms;
    this.#monotonic += ms;
  }

  #next(end: number): Sleeper | undefined {
    let first: Sleeper | undefined;
    for (const sleeper of this.#sleepers) {
      if (sleeper.dueAt <= end && (first === undefined || sleeper.dueAt < first.dueAt)) {
        first = sleeper;
      }
    }
    return first;
  }
}
