/** Maximum distance behind the latest number at which a late one differs from a duplicate. */
const WINDOW = 4_096;

/**
 * Tracks the sequence numbers of one stream as they arrive, some late, some twice, and some never.
 *
 * It remembers which of the latest 4,096 numbers arrived, so that a late one counts neither as lost
 * nor as a duplicate. An earlier one counts as a duplicate, and its number as lost. Memory does not
 * grow.
 */
export class SequenceTracker {
  readonly #seen = new Uint8Array(WINDOW);
  #first: number;
  #last: number;
  #received = 0;
  #duplicates = 0;
  #late = 0;

  /** @param first the first number that counts; earlier ones are not lost */
  constructor(first: number) {
    this.#first = first;
    this.#last = first - 1;
  }

  /** The first number that counts. */
  get first(): number {
    return this.#first;
  }

  /** Number of expected events so far. */
  get expected(): number {
    return this.#last - this.#first + 1;
  }

  /** Number of events that arrived, without duplicates. */
  get received(): number {
    return this.#received;
  }

  /** Number of events that did not arrive. */
  get lost(): number {
    return this.expected - this.#received;
  }

  /** Number of events that had arrived before. */
  get duplicates(): number {
    return this.#duplicates;
  }

  /** Number of events that arrived after a later one. */
  get late(): number {
    return this.#late;
  }

  /**
   * Notes an arrival. Returns false if it does not count: it is a duplicate, or before the first
   * number.
   */
  note(seq: number): boolean {
    if (seq > this.#last) this.#forget(seq);
    else if (seq < this.#first) return false;
    else if (this.#isKnown(seq)) {
      this.#duplicates++;
      return false;
    } else this.#late++;
    this.#seen[seq % WINDOW] = 1;
    this.#received++;
    return true;
  }

  /** Notes that numbers up to this one exist, whether or not they arrived. */
  expectUpTo(seq: number): void {
    if (seq > this.#last) this.#forget(seq);
  }

  #isKnown(seq: number): boolean {
    return seq <= this.#last - WINDOW || this.#seen[seq % WINDOW] === 1;
  }

  /** Makes room in the window up to this number. */
  #forget(seq: number): void {
    const from = Math.max(this.#last + 1, seq - WINDOW + 1);
    for (let each = from; each <= seq; each++) this.#seen[each % WINDOW] = 0;
    this.#last = seq;
  }
}
