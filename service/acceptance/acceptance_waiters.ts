interface Waiter {
  readonly seq: number;
  readonly dueAt: number;
  readonly settle: (error?: unknown) => void;
}

/** Calls that wait until their event is accepted, in the order of the events. */
export class AcceptanceWaiters {
  #waiting: Waiter[] = [];

  /** How many wait. */
  get size(): number {
    return this.#waiting.length;
  }

  /** The first event that is waited for; Infinity while none is. */
  get firstSeq(): number {
    return this.#waiting[0]?.seq ?? Infinity;
  }

  /** When the first of them has waited long enough; Infinity while none waits. */
  get dueAt(): number {
    return this.#waiting.reduce((least, { dueAt }) => Math.min(least, dueAt), Infinity);
  }

  /**
   * Waits for event number `seq`.
   *
   * @param dueAt when it has waited long enough, as {@linkcode expire} tells the time
   * @param signal ends the wait with its reason
   */
  add(seq: number, dueAt: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        this.#waiting = this.#waiting.filter((each) => each !== waiter);
        reject(signal?.reason);
      };
      const settle = (error?: unknown) => {
        signal?.removeEventListener("abort", onAbort);
        if (error === undefined) resolve();
        else reject(error);
      };
      const waiter: Waiter = { seq, dueAt, settle };
      this.#waiting.push(waiter);
      signal?.addEventListener("abort", onAbort, { once: true });
    });
  }

  /** Ends the waits for the events up to number `seq`, with an error if there is one. */
  settleThrough(seq: number, error?: unknown): void {
    this.#end((waiter) => waiter.seq <= seq, error);
  }

  /** Ends the waits that have lasted long enough. */
  expire(now: number, error?: unknown): void {
    this.#end((waiter) => waiter.dueAt <= now, error);
  }

  /** Ends every wait. */
  settleAll(error?: unknown): void {
    this.#end(() => true, error);
  }

  #end(isMeant: (waiter: Waiter) => boolean, error: unknown): void {
    if (this.#waiting.length === 0) return;
    const ended = this.#waiting.filter(isMeant);
    if (ended.length === 0) return;
    this.#waiting = this.#waiting.filter((waiter) => !isMeant(waiter));
    for (const { settle } of ended) settle(error);
  }
}
