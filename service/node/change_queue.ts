import type { Clock } from "../base/clock.ts";
import { type DbUpdate, syncUpdate } from "../event/db_update.ts";

/** How a {@linkcode ChangeQueue} is bounded. */
export interface ChangeQueueOptions {
  /** Maximum number of updates in the queue. */
  readonly capacity: number;
  readonly clock: Pick<Clock, "now">;
  /** Called at each overflow with the number of updates that the `sync` replaces. */
  readonly onOverflow?: (discarded: number) => void;
}

/**
 * The updates that an application has not taken yet, first in, first out.
 *
 * The queue is bounded and never loses an update silently: when an update finds the queue full, one
 * `sync` replaces it and everything in the queue, and asks the application to read everything again.
 * The application gets that `sync` before anything that is pushed after it.
 */
export class ChangeQueue implements AsyncIterable<DbUpdate> {
  readonly #options: ChangeQueueOptions;
  /** Resolve the calls of {@linkcode take} that wait. */
  #waiters: ((update: DbUpdate | undefined) => void)[] = [];
  #updates: DbUpdate[] = [];
  /** Index in `#updates` of the next update to take. */
  #head = 0;
  /** Updates that were ever added, and the one up to which a caller of {@linkcode emptied} waits. */
  #added = 0;
  #emptied: { until: number; readonly resolve: () => void } | undefined;
  #overflows = 0;
  #discarded = 0;
  #closed = false;

  /** @throws {RangeError} for a capacity that is not a whole number from 1 */
  constructor(options: ChangeQueueOptions) {
    if (!Number.isSafeInteger(options.capacity) || options.capacity < 1) {
      const is = options.capacity;
      throw new RangeError(`ChangeQueue "capacity": ${is}, wanted a whole number, 1 or more`);
    }
    this.#options = options;
  }

  /** Number of updates in the queue. */
  get size(): number {
    return this.#updates.length - this.#head;
  }

  /** Number of overflows, and of the updates that a `sync` replaced. */
  get counters(): { readonly overflows: number; readonly discarded: number } {
    return { overflows: this.#overflows, discarded: this.#discarded };
  }

  /** Adds an update. False when the queue is closed and did not take it. */
  push(update: DbUpdate): boolean {
    if (this.#closed) return false;
    this.#added++;
    const resolve = this.#waiters.shift();
    if (resolve !== undefined) {
      resolve(update);
    } else if (this.size >= this.#options.capacity) {
      this.#replaceBySync();
    } else {
      this.#updates.push(update);
    }
    return true;
  }

  #replaceBySync(): void {
    const discarded = this.size + 1;
    const timestamp = this.#options.clock.now();
    this.#updates = [syncUpdate("overflow", { timestamp })];
    this.#head = 0;
    if (this.#emptied !== undefined) this.#emptied.until = this.#added;
    this.#overflows++;
    this.#discarded += discarded;
    this.#options.onOverflow?.(discarded);
  }

  /**
   * The oldest update, as soon as there is one; undefined once the queue is closed and empty.
   * Several callers are served in the order of their calls.
   */
  take(): Promise<DbUpdate | undefined> {
    this.#noteTaken();
    const [first] = this.takeWaiting(1);
    if (first !== undefined || this.#closed) return Promise.resolve(first);
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  /**
   * Resolves when everything that has been added by now was taken, and {@linkcode take} was called
   * again after that: its caller has then dealt with it. One caller at a time; never when the queue is
   * closed before.
   */
  emptied(): Promise<void> {
    if (this.#waiters.length > 0) return Promise.resolve();
    return new Promise((resolve) => this.#emptied = { until: this.#added, resolve });
  }

  #noteTaken(): void {
    if (this.#emptied === undefined || this.#added - this.size < this.#emptied.until) return;
    this.#emptied.resolve();
    this.#emptied = undefined;
  }

  /** Up to `most` of the updates in the queue, the oldest first. */
  takeWaiting(most: number): DbUpdate[] {
    const taken = this.#updates.slice(this.#head, this.#head + most);
    this.#head += taken.length;
    // At least half of the array is free: an update is moved at most once on average.
    if (this.#head > 0 && this.#head * 2 >= this.#updates.length) {
      this.#updates = this.#updates.slice(this.#head);
      this.#head = 0;
    }
    return taken;
  }

  /** Refuses further updates. Those in the queue can still be taken; then the iteration ends. */
  close(): void {
    this.#closed = true;
    for (const resolve of this.#waiters.splice(0)) resolve(undefined);
  }

  /** Takes updates until the queue is closed and empty. Leaving the loop does not close the queue. */
  async *[Symbol.asyncIterator](): AsyncGenerator<DbUpdate, void, undefined> {
    for (let update = await this.take(); update !== undefined; update = await this.take()) {
      yield update;
    }
  }
}
