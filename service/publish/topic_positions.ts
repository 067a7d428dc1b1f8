import { ReplayRing, type ReplayRingBounds } from "./replay_ring.ts";

/** What is kept for those who missed events. */
export interface ReplayBounds extends ReplayRingBounds {
  /** The most octets of all topics together. */
  readonly totalOctets: number;
}

/** Where one topic stands. */
export interface TopicPosition {
  /** The position of the last event; 0 before the first. */
  seq: number;
  /** Its latest events, where they are kept. */
  readonly ring: ReplayRing | undefined;
  /** Larger than that of every topic that was used before. */
  lastUse: number;
}

/** How many topics have a position of their own. */
export const MAX_TOPICS = 10_000;
/** So many are forgotten at a time, since it takes a look at all of them. */
const FORGOTTEN_AT_ONCE = 1_000;

/**
 * Where every topic of a publisher stands, and its latest events.
 *
 * The topics and the octets kept are bounded: the topic used longest ago loses its events, or is
 * forgotten. A forgotten topic that comes back goes on above every position that was forgotten, so
 * that a subscriber sees a gap, which there may well be, and never a position twice.
 */
export class TopicPositions {
  readonly #topics = new Map<string, TopicPosition>();
  readonly #replay: ReplayBounds | undefined;
  readonly #maxTopics: number;
  /** No topic that was forgotten had a larger position. */
  #floor = 0;
  #uses = 0;
  /** Octets of storage of all rings. */
  #stored = 0;

  /**
   * Knows no topic yet.
   *
   * @param replay how much is kept; nothing unless given
   */
  constructor(replay?: ReplayBounds, maxTopics: number = MAX_TOPICS) {
    this.#replay = replay;
    this.#maxTopics = maxTopics;
  }

  /** The topics that have a position. */
  topics(): IterableIterator<string> {
    return this.#topics.keys();
  }

  /** Octets of storage that the events of all topics take. */
  get storedOctets(): number {
    return this.#stored;
  }

  /** The position of a topic, which it has from now on; the caller may raise `seq`. */
  of(topic: string): TopicPosition {
    const position = this.#topics.get(topic) ?? this.#add(topic);
    position.lastUse = ++this.#uses;
    return position;
  }

  /** The number of a topic's last event, or of the one before its first. Leaves no trace. */
  seqOf(topic: string): number {
    return this.#topics.get(topic)?.seq ?? this.#floor;
  }

  /** The events kept of a topic; undefined when there are none. Leaves no trace. */
  ring(topic: string): ReplayRing | undefined {
    return this.#topics.get(topic)?.ring;
  }

  #add(topic: string): TopicPosition {
    if (this.#topics.size >= this.#maxTopics) this.#forgetOldest();
    const position = { seq: this.#floor, ring: this.#newRing(), lastUse: 0 };
    this.#topics.set(topic, position);
    return position;
  }

  #newRing(): ReplayRing | undefined {
    if (this.#replay === undefined) return undefined;
    const ring: ReplayRing = new ReplayRing(
      this.#replay,
      (octets) => this.#permit(ring, octets),
    );
    return ring;
  }

  #forgetOldest(): void {
    const count = Math.min(FORGOTTEN_AT_ONCE, Math.ceil(this.#maxTopics / 10));
    const byUse = [...this.#topics].sort(([, a], [, b]) => a.lastUse - b.lastUse);
    for (const [topic, { seq, ring }] of byUse.slice(0, count)) {
      this.#floor = Math.max(this.#floor, seq);
      this.#release(ring);
      this.#topics.delete(topic);
    }
  }

  #release(ring: ReplayRing | undefined): void {
    this.#stored -= ring?.capacity ?? 0;
    ring?.release();
  }

  /** Whether a ring may grow, other topics' events making room for it. */
  #permit(asking: ReplayRing, octets: number): boolean {
    const total = this.#replay?.totalOctets ?? 0;
    while (this.#stored + octets > total) {
      const coldest = this.#coldest(asking);
      if (coldest === undefined) return false;
      this.#release(coldest);
    }
    this.#stored += octets;
    return true;
  }

  #coldest(except: ReplayRing): ReplayRing | undefined {
    let coldest: TopicPosition | undefined;
    for (const position of this.#topics.values()) {
      if (position.ring === except || (position.ring?.capacity ?? 0) === 0) continue;
      if (coldest === undefined || position.lastUse < coldest.lastUse) coldest = position;
    }
    return coldest?.ring;
  }
}
