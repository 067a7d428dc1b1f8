import type { Clock } from "../base/clock.ts";
import { newEpoch } from "../base/epoch.ts";

/** Where one topic stands. */
export interface TopicPosition {
  /** The epoch that its seqs count in. */
  readonly epoch: number;
  /** The seq of its last event; 0 before the first. */
  seq: number;
}

/** Default minimum number of topics that are remembered; at most twice as many are. */
export const REMEMBERED_TOPICS = 131_072;

/**
 * The position of every topic of a publisher.
 *
 * Bounded: of more topics than it remembers, it forgets those that were used longest ago. A forgotten
 * topic begins again at 1 in a later epoch, so that a subscriber sees a restart of that topic
 * and no hole. Topics that were not forgotten keep their epoch.
 */
export class TopicPositions {
  readonly #clock: Pick<Clock, "micros">;
  readonly #remembered: number;
  /** Topics used since the last time that others were forgotten. */
  #recent = new Map<string, TopicPosition>();
  /** Topics used before that, and not since: the next to be forgotten. */
  #older = new Map<string, TopicPosition>();
  /** Of topics that are used for the first time from now on. */
  #epoch: number;

  /**
   * Knows no topic yet.
   *
   * @param remembered how many of the topics used last are certainly remembered
   */
  constructor(clock: Pick<Clock, "micros">, remembered: number = REMEMBERED_TOPICS) {
    this.#clock = clock;
    this.#remembered = remembered;
    this.#epoch = newEpoch(clock);
  }

  /** The topics that have a position. */
  *topics(): IterableIterator<string> {
    yield* this.#older.keys();
    yield* this.#recent.keys();
  }

  /** The position of a topic that has one. */
  find(topic: string): TopicPosition | undefined {
    return this.#recent.get(topic) ?? this.#older.get(topic);
  }

  /** The position of a topic, which it has from now on; the caller may raise `seq`. */
  of(topic: string): TopicPosition {
    return this.#recent.get(topic) ?? this.#use(topic);
  }

  #use(topic: string): TopicPosition {
    if (this.#recent.size >= this.#remembered) this.#forget();
    const position = this.#older.get(topic) ?? { epoch: this.#epoch, seq: 0 };
    this.#older.delete(topic);
    this.#recent.set(topic, position);
    return position;
  }

  #forget(): void {
    if (this.#older.size > 0) this.#epoch = newEpoch(this.#clock);
    this.#older = this.#recent;
    this.#recent = new Map();
  }
}
