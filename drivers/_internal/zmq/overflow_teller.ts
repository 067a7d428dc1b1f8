/** More topics than these are told of as if each were new. */
const MOST_TOPICS = 4096;
const AGAIN_AFTER_MS = 1_000;

interface Entry {
  period: number;
  toldAt: number;
}

/** Counts the frames that a subscriber may have missed, and tells of their topics now and then. */
export class OverflowTeller {
  readonly #tell: (topic: string, total: number) => void;
  readonly #now: () => number;
  readonly #topics = new Map<string, Entry>();
  #period = 0;
  #total = 0;

  /**
   * @param tell is given a topic and how many frames of all topics there have been
   * @param now monotonic milliseconds
   */
  constructor(
    tell: (topic: string, total: number) => void,
    now: () => number = () => performance.now(),
  ) {
    this.#tell = tell;
    this.#now = now;
  }

  /** Frames that are noted from now on are told anew, topic by topic. */
  beginPeriod(): void {
    this.#period++;
  }

  /** One more frame of a topic. */
  note(topic: string): void {
    this.#total++;
    const entry = this.#topics.get(topic) ?? this.#add(topic);
    const now = this.#now();
    if (entry.period === this.#period && now - entry.toldAt < AGAIN_AFTER_MS) return;
    entry.period = this.#period;
    entry.toldAt = now;
    this.#tell(topic, this.#total);
  }

  #add(topic: string): Entry {
    if (this.#topics.size >= MOST_TOPICS) this.#forgetOldest();
    const entry = { period: -1, toldAt: 0 };
    this.#topics.set(topic, entry);
    return entry;
  }

  #forgetOldest(): void {
    for (const oldest of this.#topics.keys()) {
      this.#topics.delete(oldest);
      return;
    }
  }
}
