import type { Clock } from "../base/clock.ts";
import { stringifyJson } from "../event/codec/exact_json.ts";
import { type DbUpdate, syncUpdate } from "../event/db_update.ts";

/** Options of a {@linkcode ChangeQueue}. */
export interface ChangeQueueOptions {
  /** Maximum number of events in the queue. */
  readonly capacity: number;
  /** Maximum size of the values of these events, in bytes; a single event may be larger. */
  readonly maxBytes: number;
  readonly clock: Pick<Clock, "now">;
  /** Called at each overflow with the number of events that the `sync` replaces. */
  readonly onOverflow?: (discarded: number) => void;
}

/**
 * The events that an application has not taken yet, first in, first out.
 *
 * The queue is bounded and never loses an event silently. If an event finds the queue full, one
 * `sync` replaces it and everything in the queue, so the application reads everything again. The
 * application gets that `sync` before anything that is pushed after it.
 */
export class ChangeQueue {
  readonly #options: ChangeQueueOptions;
  /** Resolve the pending calls of {@linkcode take}. */
  #waiters: ((update: DbUpdate | undefined) => void)[] = [];
  #updates: DbUpdate[] = [];
  /** Index in `#updates` of the next event to take. */
  #head = 0;
  /** Size of the values in the queue. */
  #bytes = 0;
  /**
   * Number of events ever added, and the number for which a caller of {@linkcode emptied} waits.
   */
  #added = 0;
  #emptied: { until: number; readonly resolve: () => void } | undefined;
  #closed = false;

  /** @throws {RangeError} for a capacity that is not a whole number from 1 */
  constructor(options: ChangeQueueOptions) {
    if (!Number.isSafeInteger(options.capacity) || options.capacity < 1) {
      const is = options.capacity;
      throw new RangeError(`ChangeQueue "capacity": ${is}, wanted a whole number, 1 or more`);
    }
    this.#options = options;
  }

  /** Number of events in the queue. */
  get size(): number {
    return this.#updates.length - this.#head;
  }

  /** Adds an event. Returns false if the queue is closed. */
  push(update: DbUpdate): boolean {
    if (this.#closed) return false;
    this.#added++;
    const resolve = this.#waiters.shift();
    if (resolve !== undefined) {
      resolve(update);
    } else {
      this.#add(update);
    }
    return true;
  }

  #add(update: DbUpdate): void {
    const { capacity, maxBytes } = this.#options;
    const bytes = this.#bytes + bytesOf(update);
    if (this.size > 0 && (this.size >= capacity || bytes > maxBytes)) return this.#replaceBySync();
    this.#updates.push(update);
    this.#bytes = bytes;
  }

  #replaceBySync(): void {
    const discarded = this.size + 1;
    const timestamp = this.#options.clock.now();
    this.#updates = [syncUpdate("overflow", { timestamp })];
    this.#head = 0;
    this.#bytes = 0;
    if (this.#emptied !== undefined) this.#emptied.until = this.#added;
    this.#options.onOverflow?.(discarded);
  }

  /**
   * The oldest event, as soon as there is one; undefined when the queue is closed and empty.
   * Several callers are served in the order of their calls.
   */
  take(): Promise<DbUpdate | undefined> {
    this.#noteTaken();
    const [first] = this.takeWaiting(1);
    if (first !== undefined || this.#closed) return Promise.resolve(first);
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  /**
   * Resolves when every event added so far was taken and {@linkcode take} was called again: then
   * its caller has handled them. Only one call may be pending; it never resolves if the queue is
   * closed first.
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

  /** Takes up to `most` events, the oldest first. */
  takeWaiting(most: number): DbUpdate[] {
    const taken = this.#updates.slice(this.#head, this.#head + most);
    this.#head += taken.length;
    for (const update of taken) this.#bytes -= bytesOf(update);
    // At least half of the array is free, so each event is moved at most once on average.
    if (this.#head > 0 && this.#head * 2 >= this.#updates.length) {
      this.#updates = this.#updates.slice(this.#head);
      this.#head = 0;
    }
    return taken;
  }

  /** Drops the queued events for which the condition holds. */
  drop(holds: (update: DbUpdate) => boolean): void {
    this.#updates = this.#updates.slice(this.#head).filter((update) => !holds(update));
    this.#head = 0;
    this.#bytes = this.#updates.reduce((sum, update) => sum + bytesOf(update), 0);
  }

  /** Refuses further events. Those in the queue can still be taken. */
  close(): void {
    this.#closed = true;
    for (const resolve of this.#waiters.splice(0)) resolve(undefined);
  }
}

/** Approximately, since most values are ASCII: the number of UTF-16 code units. */
function bytesOf({ value }: DbUpdate): number {
  if (value === null) return 0;
  return (typeof value === "string" ? value : stringifyJson(value)).length;
}
