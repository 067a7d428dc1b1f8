/** How far behind the latest number one may come and still be told from a duplicate. */
const WINDOW = 4_096;

/**
 * Accounts for the numbers of one stream: 1, 2, 3… as they arrive, some late, twice, or never.
 *
 * Which of the latest 4,096 numbers came is kept, so that a late one is no loss and no duplicate; one
 * from before that is counted as a duplicate, its number as lost. Memory does not grow.
 */
export class SequenceTracker {
  readonly #seen = new Uint8Array(WINDOW);
  #first: number;
  #last: number;
  #received = 0;
  #duplicates = 0;
  #late = 0;

  /** @param first the number that the account begins with: what came before is none of its loss */
  constructor(first: number) {
    this.#first = first;
    this.#last = first - 1;
  }

  /** The number that the account begins with. */
  get first(): number {
    return this.#first;
  }

  /** How many numbers there should have been by now. */
  get expected(): number {
    return this.#last - this.#first + 1;
  }

  /** How many came, each counted once. */
  get received(): number {
    return this.#received;
  }

  /** How many did not come. */
  get lost(): number {
    return this.expected - this.#received;
  }

  /** How often a number came that had come before. */
  get duplicates(): number {
    return this.#duplicates;
  }

  /** How many came after one that they should have come before. */
  get late(): number {
    return this.#late;
  }

  /** Notes a number that came. False when it does not count: it came before, or is not of the account. */
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

  /** Notes that numbers go up to this one, whether or not they came. */
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
