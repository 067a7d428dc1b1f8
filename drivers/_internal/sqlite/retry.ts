import { Backoff } from "../../contract/backoff.ts";
import { DbUnavailable, DriverError } from "../../contract/errors.ts";
import { nextTurn } from "../../contract/next_turn.ts";
import { type MonotonicClock, pause } from "../../contract/waiting.ts";
import { asUnavailable, isBusy } from "./errors.ts";

const FIRST_PAUSE_MS = 1;
const MAX_PAUSE_MS = 25;
/**
 * Maximum time that operations run one after the other before other work of the event loop runs.
 */
const MAX_STRETCH_MS = 10;

export interface LockRetryOptions {
  /** Maximum time that one operation waits for locks in total, including its time in the queue. */
  readonly timeoutMs: number;
  readonly clock: MonotonicClock;
  /** Ends every wait; the operation then fails as closed. */
  readonly signal: AbortSignal;
}

/**
 * Repeats work that failed because of another connection's lock, with pauses from 1 to 25 ms, so
 * that the event loop continues.
 */
export class LockRetry {
  readonly #path: string;
  readonly #options: LockRetryOptions;
  #lastWrite: Promise<unknown> = Promise.resolve();
  #lastTurn = -Infinity;

  constructor(path: string, options: LockRetryOptions) {
    this.#path = path;
    this.#options = options;
  }

  /**
   * Tries at once, and then again until the lock is free or the time has expired.
   *
   * @throws {DbUnavailable} after the timeout, or for any other failure of the work
   * @throws {DriverError} `CLOSED` if the signal ended the wait
   */
  read<T>(work: () => T): Promise<T> {
    return this.#repeat(work, this.#deadline());
  }

  /** Does the same after all earlier writes: writes are executed in the order of calls. */
  write<T>(work: () => T): Promise<T> {
    const deadline = this.#deadline();
    const result = this.#lastWrite.then(() => this.#repeat(work, deadline));
    this.#lastWrite = result.catch(() => {});
    return result;
  }

  /** Resolves when all writes so far have succeeded or failed. */
  async idle(): Promise<void> {
    await this.#lastWrite;
  }

  #deadline(): number {
    return this.#options.clock.monotonic() + this.#options.timeoutMs;
  }

  async #repeat<T>(work: () => T, deadline: number): Promise<T> {
    const backoff = new Backoff({
      firstMs: FIRST_PAUSE_MS,
      maxMs: MAX_PAUSE_MS,
      random: () => 1,
    });
    while (true) {
      await this.#yield();
      try {
        return work();
      } catch (thrown) {
        if (!isBusy(thrown)) throw asUnavailable(this.#path, thrown);
        await this.#pause(backoff.next(), deadline, thrown);
      }
    }
  }

  /** Operations are synchronous, so a long series of them would starve timers and sockets. */
  async #yield(): Promise<void> {
    const { clock } = this.#options;
    if (clock.monotonic() - this.#lastTurn < MAX_STRETCH_MS) return;
    await nextTurn();
    this.#lastTurn = clock.monotonic();
  }

  async #pause(ms: number, deadline: number, cause: unknown): Promise<void> {
    const { clock, signal, timeoutMs } = this.#options;
    const left = deadline - clock.monotonic();
    if (left <= 0) {
      const text = `Database "${this.#path}": locked by another process for more than ${
        timeoutMs / 1000
      } s`;
      throw new DbUnavailable(text, { cause });
    }
    if (await pause(Math.min(ms, left), signal, clock)) return;
    throw new DriverError("CLOSED", `Database "${this.#path}": closed while it was locked`);
  }
}
