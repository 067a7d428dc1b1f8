import { DriverError } from "../../drivers/contract/errors.ts";
import type { WaitOptions } from "../../drivers/contract/waiting.ts";
import type { Clock } from "./clock.ts";

/** Lets one at a time through, in the order of asking. */
export class Turns {
  readonly #clock: Pick<Clock, "sleep">;
  readonly #waiting = new Set<() => void>();
  #isTaken = false;

  /** Free at first. */
  constructor(clock: Pick<Clock, "sleep">) {
    this.#clock = clock;
  }

  /** Whether somebody has the turn: whoever would go now would overtake. */
  get isTaken(): boolean {
    return this.#isTaken;
  }

  /**
   * Resolves when it is the caller's turn, until the result is disposed.
   *
   * @throws {DriverError} `SEND_TIMEOUT`. An abort rejects with the signal's reason.
   */
  async take(options: WaitOptions = {}): Promise<Disposable> {
    options.signal?.throwIfAborted();
    if (this.#isTaken) await this.#wait(options);
    this.#isTaken = true;
    return { [Symbol.dispose]: () => this.#pass() };
  }

  /** Whoever is next has it at once, so that nobody gets in between. */
  #pass(): void {
    const [next] = this.#waiting;
    if (next === undefined) this.#isTaken = false;
    else next();
  }

  async #wait({ timeoutMs, signal }: WaitOptions): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const done = new AbortController();
    const enter = () => {
      this.#waiting.delete(enter);
      resolve();
    };
    const leave = (reason: unknown) => {
      // Who was let in meanwhile has the turn and stays.
      if (this.#waiting.delete(enter)) reject(reason);
    };
    this.#waiting.add(enter);
    signal?.addEventListener("abort", () => leave(signal.reason), { signal: done.signal });
    if (timeoutMs !== undefined) this.#leaveAfter(timeoutMs, leave, done.signal);
    await promise.finally(() => done.abort());
  }

  #leaveAfter(timeoutMs: number, leave: (reason: unknown) => void, done: AbortSignal): void {
    const message = `Cannot send: other events were first for ${timeoutMs / 1000} s`;
    this.#clock.sleep(timeoutMs, done).then(
      () => leave(new DriverError("SEND_TIMEOUT", message)),
      () => {},
    );
  }
}
