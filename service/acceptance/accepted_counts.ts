/** What a service has done with the events of one worker. */
export interface Handled {
  /** Events that went to the network. */
  readonly accepted: number;
  /** Events that were none, or could not be sent. */
  readonly refused: number;
  /**
   * Which count it is, of all that were begun: another one than before, if the worker was forgotten
   * meanwhile. 0 when it is not known.
   */
  readonly count: number;
}

/** Waits for the count of a worker; disposing it ends the wait. */
export interface CountWait extends Disposable {
  /** Resolves when the count is reached, or never can be any more. */
  readonly reached: Promise<void>;
}

/** The bounds of {@linkcode AcceptedCounts}. */
export interface AcceptedCountsOptions {
  /** How many workers are remembered; those unheard of for longest are forgotten. @default 4096 */
  readonly workers?: number;
}

interface Waiter {
  readonly wanted: number;
  readonly wake: () => void;
}

interface Worker {
  readonly id: string;
  readonly octets: Uint8Array;
  /** Its number among all that were begun. */
  readonly count: number;
  accepted: number;
  refused: number;
  /** Whether it was heard of since it was last looked at for being forgotten. */
  isRecent: boolean;
  readonly waiters: Set<Waiter>;
  /** The least count that is waited for; Infinity when none is. */
  wakeAt: number;
}

const WORKERS = 4096;
/** Workers found without a string; a power of two. */
const SHORT_CUTS = 256;
const NONE: Handled = { accepted: 0, refused: 0, count: 0 };
const decoder = new TextDecoder("latin1");

/**
 * How many events of each worker the relay has handed to the network, and how many it refused.
 *
 * A worker is known by the id that its events carry, a UUID that it draws afresh, so that its counts
 * begin with it. Made for the relay's pace: an event costs a comparison of octets and an addition; a
 * string is made only for a worker that was not heard of lately.
 */
export class AcceptedCounts {
  readonly #limit: number;
  /** By id; those that are looked at first for being forgotten stand first. */
  readonly #workers = new Map<string, Worker>();
  readonly #shortCuts: (Worker | undefined)[] = new Array(SHORT_CUTS).fill(undefined);
  #begun = 0;
  #isComplete = false;

  constructor({ workers = WORKERS }: AcceptedCountsOptions = {}) {
    this.#limit = workers;
  }

  /** How many workers are remembered. */
  get size(): number {
    return this.#workers.size;
  }

  /**
   * Counts one event. Its worker's id stands in the payload in ASCII, `length` octets from `start`.
   *
   * @param isRelayed whether it went to the network, or was refused
   */
  note(payload: Uint8Array, start: number, length: number, isRelayed: boolean): void {
    const worker = this.#workerAt(payload, start, length);
    if (isRelayed) worker.accepted++;
    else worker.refused++;
    worker.isRecent = true;
    if (worker.accepted + worker.refused >= worker.wakeAt) wakeThoseServed(worker);
  }

  /** The counts of a worker; zeros for one that is not known. */
  of(publisher: string): Handled {
    const worker = this.#workers.get(publisher);
    if (worker === undefined) return NONE;
    const { accepted, refused, count } = worker;
    return { accepted, refused, count };
  }

  /** Waits until so many events of a worker were accepted or refused. */
  waitFor(publisher: string, wanted: number): CountWait {
    const worker = this.#workers.get(publisher) ?? this.#add(publisher);
    worker.isRecent = true;
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiter: Waiter = { wanted, wake: resolve };
    worker.waiters.add(waiter);
    worker.wakeAt = Math.min(worker.wakeAt, wanted);
    if (this.#isComplete || worker.accepted + worker.refused >= wanted) wake(worker, waiter);
    return { reached: promise, [Symbol.dispose]: () => wake(worker, waiter) };
  }

  /** Nothing will be counted any more: ends every wait, and those to come. */
  complete(): void {
    this.#isComplete = true;
    for (const worker of this.#workers.values()) wakeAll(worker);
  }

  #workerAt(payload: Uint8Array, start: number, length: number): Worker {
    const slot = slotOf(payload, start);
    const known = this.#shortCuts[slot];
    if (known !== undefined && isAt(payload, start, length, known.octets)) return known;
    const id = decoder.decode(payload.subarray(start, start + length));
    const worker = this.#workers.get(id) ?? this.#add(id);
    this.#shortCuts[slot] = worker;
    return worker;
  }

  #add(id: string): Worker {
    if (this.#workers.size >= this.#limit) this.#forgetOne();
    const octets = Uint8Array.from(id, (char) => char.charCodeAt(0));
    const counts = { accepted: 0, refused: 0, count: ++this.#begun, wakeAt: Infinity };
    const worker: Worker = { id, octets, ...counts, isRecent: true, waiters: new Set() };
    this.#workers.set(id, worker);
    return worker;
  }

  // Second chance: whoever was heard of since the last look goes to the end of the line. A worker that
  // is found by a short cut costs nothing more for it than setting a mark.
  #forgetOne(): void {
    for (const worker of this.#workers.values()) {
      this.#workers.delete(worker.id);
      if (!worker.isRecent) return this.#forget(worker);
      worker.isRecent = false;
      this.#workers.set(worker.id, worker);
    }
  }

  #forget(worker: Worker): void {
    const slot = slotOf(worker.octets, 0);
    if (this.#shortCuts[slot] === worker) this.#shortCuts[slot] = undefined;
    wakeAll(worker);
  }
}

/** From two hexadecimal digits of the id, which are random. */
function slotOf(octets: Uint8Array, start: number): number {
  const high = octets[start] ?? 0;
  const low = octets[start + 1] ?? 0;
  return ((high * 31) ^ (low * 7)) & (SHORT_CUTS - 1);
}

function isAt(payload: Uint8Array, start: number, length: number, octets: Uint8Array): boolean {
  if (length !== octets.length) return false;
  for (let i = 0; i < length; i++) {
    if (payload[start + i] !== octets[i]) return false;
  }
  return true;
}

function wakeThoseServed(worker: Worker): void {
  const handled = worker.accepted + worker.refused;
  for (const waiter of worker.waiters) {
    if (waiter.wanted <= handled) wake(worker, waiter);
  }
}

function wakeAll(worker: Worker): void {
  for (const waiter of worker.waiters) wake(worker, waiter);
}

function wake(worker: Worker, waiter: Waiter): void {
  if (!worker.waiters.delete(waiter)) return;
  worker.wakeAt = Infinity;
  for (const { wanted } of worker.waiters) worker.wakeAt = Math.min(worker.wakeAt, wanted);
  waiter.wake();
}
