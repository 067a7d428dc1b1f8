import type { Clock } from "../base/clock.ts";
import { compareUpdates, type DbUpdate, dbUpdate } from "../event/db_update.ts";

/** How a {@linkcode ChangeQueue} is bounded. */
export interface ChangeQueueOptions {
  /** The most updates that may wait. */
  readonly capacity: number;
  readonly clock: Pick<Clock, "now">;
  /** Called at each overflow with how many updates the `sync` stands for. */
  readonly onOverflow?: (discarded: number) => void;
}

interface Entry {
  readonly update: DbUpdate;
  /** The order of arrival: what a heap forgets, and what settles a tie. */
  readonly arrival: number;
}

interface Waiter {
  readonly resolve: (update: DbUpdate | undefined) => void;
}

/** Ahead of every priority an application gives: what follows is to be applied on fresh state. */
const SYNC_PRIORITY = Number.MIN_SAFE_INTEGER;

/**
 * The updates that wait to be handled, the most urgent first.
 *
 * In the order of {@linkcode compareUpdates}; updates it calls equal keep the order of arrival.
 * Bounded, and never silently lossy: an update that finds no room is replaced, together with all
 * that waits, by one `sync`, which asks the application to read everything again. That `sync` is
 * handed out before anything pushed after it. Pushing and taking cost log n.
 */
export class ChangeQueue implements AsyncIterable<DbUpdate> {
  readonly #options: ChangeQueueOptions;
  readonly #waiters = new Set<Waiter>();
  #heap: Entry[] = [];
  #arrivals = 0;
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

  /** How many updates wait. */
  get size(): number {
    return this.#heap.length;
  }

  /** How often the queue overflowed, and how many updates a `sync` took the place of. */
  get counters(): { readonly overflows: number; readonly discarded: number } {
    return { overflows: this.#overflows, discarded: this.#discarded };
  }

  /** Adds an update. False when the queue is closed and did not take it. */
  push(update: DbUpdate): boolean {
    if (this.#closed) return false;
    const [waiter] = this.#waiters;
    if (waiter !== undefined) {
      this.#waiters.delete(waiter);
      waiter.resolve(update);
    } else if (this.#heap.length >= this.#options.capacity) {
      this.#resync();
    } else {
      this.#insert(update);
    }
    return true;
  }

  /** Puts one `sync` in the place of what waits and of the update that found no room. */
  #resync(): void {
    const discarded = this.#heap.length + 1;
    this.#heap = [];
    this.#insert(dbUpdate({
      table: null,
      key: null,
      action: "sync",
      priority: SYNC_PRIORITY,
      timestamp: this.#options.clock.now(),
    }));
    this.#overflows++;
    this.#discarded += discarded;
    this.#options.onOverflow?.(discarded);
  }

  /**
   * The most urgent update, as soon as there is one; undefined once the queue is closed and empty.
   * Several callers are served in the order they came. An abort rejects with the signal's reason.
   */
  take(signal?: AbortSignal): Promise<DbUpdate | undefined> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    const first = this.#removeFirst();
    if (first !== undefined || this.#closed) return Promise.resolve(first);
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        this.#waiters.delete(waiter);
        reject(signal?.reason);
      };
      const waiter: Waiter = {
        resolve(update) {
          signal?.removeEventListener("abort", onAbort);
          resolve(update);
        },
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#waiters.add(waiter);
    });
  }

  /** The most urgent of those that wait now, in their order. */
  takeWaiting(most: number): DbUpdate[] {
    const taken: DbUpdate[] = [];
    while (taken.length < most) {
      const first = this.#removeFirst();
      if (first === undefined) break;
      taken.push(first);
    }
    return taken;
  }

  /** Takes no more updates; what waits is still handed out, then the end. Closing twice is fine. */
  close(): void {
    this.#closed = true;
    for (const waiter of this.#waiters) waiter.resolve(undefined);
    this.#waiters.clear();
  }

  /** Takes updates until the queue is closed and empty. Leaving the loop does not close it. */
  async *[Symbol.asyncIterator](): AsyncGenerator<DbUpdate, void, undefined> {
    for (let update = await this.take(); update !== undefined; update = await this.take()) {
      yield update;
    }
  }

  /** Sifts the update up from the end of the heap. */
  #insert(update: DbUpdate): void {
    const entry = { update, arrival: this.#arrivals++ };
    let place = this.#heap.length;
    while (place > 0) {
      const parentPlace = (place - 1) >> 1;
      const parent = this.#heap[parentPlace];
      if (parent === undefined || !goesFirst(entry, parent)) break;
      this.#heap[place] = parent;
      place = parentPlace;
    }
    this.#heap[place] = entry;
  }

  /** Takes the root and sifts the last entry down from its place. */
  #removeFirst(): DbUpdate | undefined {
    const first = this.#heap[0];
    const last = this.#heap.pop();
    if (first === undefined || last === undefined) return undefined;
    if (this.#heap.length > 0) this.#siftDown(last);
    return first.update;
  }

  #siftDown(entry: Entry): void {
    let place = 0;
    for (;;) {
      const childPlace = this.#firstChild(place);
      const child = this.#heap[childPlace];
      if (child === undefined || !goesFirst(child, entry)) break;
      this.#heap[place] = child;
      place = childPlace;
    }
    this.#heap[place] = entry;
  }

  /** The place of the more urgent of two children; past the end when there is none. */
  #firstChild(place: number): number {
    const left = this.#heap[2 * place + 1];
    const right = this.#heap[2 * place + 2];
    const rightFirst = left !== undefined && right !== undefined && goesFirst(right, left);
    return 2 * place + (rightFirst ? 2 : 1);
  }
}

function goesFirst(a: Entry, b: Entry): boolean {
  const order = compareUpdates(a.update, b.update);
  return order === 0 ? a.arrival < b.arrival : order < 0;
}
