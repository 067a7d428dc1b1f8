/** What a {@linkcode ReplayRing} may hold. */
export interface ReplayRingBounds {
  /** The most events. */
  readonly events: number;
  /** The most octets. */
  readonly octets: number;
}

/**
 * Asked before a ring's storage grows by so many octets: false when it must make do with what it has.
 */
export type GrowthPermit = (octets: number) => boolean;

const FIRST_OCTETS = 4096;
const FIRST_EVENTS = 16;
const NO_OCTETS = new Uint8Array(0);

/**
 * The latest events of one topic, the oldest making room for the newest.
 *
 * The events lie in one buffer, each in one piece, so that an event is written where it is kept and
 * sent from there. Storage begins small and doubles up to the bounds. Positions are consecutive:
 * an event that is not kept empties the ring.
 */
export class ReplayRing {
  readonly #bounds: ReplayRingBounds;
  readonly #mayGrow: GrowthPermit;
  #octets: Uint8Array = NO_OCTETS;
  /** Per event, where it begins and how many octets it has, in a ring of their own. */
  #starts = new Int32Array(0);
  #lengths = new Int32Array(0);
  /** The place of the oldest event in those two. */
  #oldest = 0;
  #count = 0;
  /** Where the next event may begin: behind the newest. */
  #end = 0;
  /** The position of the newest event. */
  #last = 0;

  /** Holds nothing yet, and no storage. */
  constructor(bounds: ReplayRingBounds, mayGrow: GrowthPermit) {
    this.#bounds = bounds;
    this.#mayGrow = mayGrow;
  }

  /** How many octets of storage it has, used or not. */
  get capacity(): number {
    return this.#octets.length;
  }

  /** The position of the oldest event that is held; 0 without one. */
  get first(): number {
    return this.#count === 0 ? 0 : this.#last - this.#count + 1;
  }

  /** The position of the newest event that is held; 0 without one. */
  get last(): number {
    return this.#count === 0 ? 0 : this.#last;
  }

  /**
   * Makes room for an event that is about to be sent, letting go of the oldest ones. What was
   * reserved and not committed is reserved anew by the next call.
   *
   * @returns where to write it, valid until the ring is changed; undefined when it is too large
   */
  reserve(size: number): Uint8Array | undefined {
    if (size > this.#bounds.octets) return undefined;
    if (this.#count >= this.#bounds.events) this.#dropOldest();
    for (;;) {
      const at = this.#roomFor(size);
      if (at >= 0) return this.#octets.subarray(at, at + size);
      if (this.#grow(size)) continue;
      if (this.#count === 0) return undefined;
      this.#dropOldest();
    }
  }

  /**
   * Keeps what was written to the octets reserved last, as the event of a position. Does nothing
   * when the storage was let go of meanwhile.
   */
  commit(reserved: Uint8Array, position: number): void {
    if (reserved.buffer !== this.#octets.buffer) return;
    if (position !== this.#last + 1) this.#clear();
    if (this.#count === this.#starts.length) this.#growIndex();
    const place = (this.#oldest + this.#count) % this.#starts.length;
    const start = reserved.byteOffset - this.#octets.byteOffset;
    this.#starts[place] = start;
    this.#lengths[place] = reserved.length;
    this.#end = start + reserved.length;
    this.#count++;
    this.#last = position;
  }

  /**
   * The event of a position, as a view that is valid until the ring is changed; undefined when it is
   * not held.
   */
  event(position: number): Uint8Array | undefined {
    const index = position - this.first;
    if (this.#count === 0 || index < 0 || index >= this.#count) return undefined;
    const place = (this.#oldest + index) % this.#starts.length;
    const start = this.#starts[place] ?? 0;
    return this.#octets.subarray(start, start + (this.#lengths[place] ?? 0));
  }

  /** Lets go of all events and of the storage. */
  release(): void {
    this.#clear();
    this.#octets = NO_OCTETS;
    this.#starts = new Int32Array(0);
    this.#lengths = new Int32Array(0);
  }

  #clear(): void {
    this.#oldest = 0;
    this.#count = 0;
    this.#end = 0;
  }

  #dropOldest(): void {
    this.#oldest = (this.#oldest + 1) % this.#starts.length;
    this.#count--;
  }

  /** Where an event of this size fits in one piece; -1 when it does not. */
  #roomFor(size: number): number {
    if (this.#count === 0) return size <= this.#octets.length ? 0 : -1;
    const start = this.#starts[this.#oldest] ?? 0;
    if (this.#end <= start) return this.#end + size <= start ? this.#end : -1;
    if (this.#end + size <= this.#octets.length) return this.#end;
    return size <= start ? 0 : -1;
  }

  /** More storage, the events in it from its beginning on. False when there must not be more. */
  #grow(size: number): boolean {
    const has = this.#octets.length;
    const wanted = Math.max(FIRST_OCTETS, has * 2, has + size);
    const grown = Math.min(wanted, this.#bounds.octets);
    if (grown <= has || !this.#mayGrow(grown - has)) return false;
    this.#moveTo(new Uint8Array(grown));
    return true;
  }

  #moveTo(octets: Uint8Array): void {
    let at = 0;
    for (let position = this.first; position <= this.last; position++) {
      const event = this.event(position);
      if (event === undefined) continue;
      octets.set(event, at);
      this.#starts[(this.#oldest + position - this.first) % this.#starts.length] = at;
      at += event.length;
    }
    this.#octets = octets;
    this.#end = at;
  }

  #growIndex(): void {
    const size = Math.min(this.#bounds.events, Math.max(FIRST_EVENTS, this.#count * 2));
    this.#starts = unrolled(this.#starts, this.#oldest, size);
    this.#lengths = unrolled(this.#lengths, this.#oldest, size);
    this.#oldest = 0;
  }
}

/** A larger array with the same numbers, `oldest` first. */
function unrolled(numbers: Int32Array, oldest: number, size: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(size);
  larger.set(numbers.subarray(oldest));
  larger.set(numbers.subarray(0, oldest), numbers.length - oldest);
  return larger;
}
