import type { Clock } from "../base/clock.ts";
import { newEpoch } from "../base/epoch.ts";

/** The position of one topic. */
export interface TopicPosition {
  /** The epoch of its seqs. */
  readonly epoch: number;
  /** The seq of its last event; 0 before the first. */
  seq: number;
}

/** Default minimum number of topics that are remembered; the maximum is twice that. */
const REMEMBERED_TOPICS = 131_072;

/**
 * The positions of all topics of a publisher.
 *
 * Bounded: if there are too many topics, it forgets those that were not used for the longest time.
 * A forgotten topic begins again at 1 in a later epoch, so that a subscriber sees a restart of that
 * topic instead of a hole. Other topics keep their epoch.
 */
export class TopicPositions {
  readonly #clock: Pick<Clock, "micros">;
  readonly #remembered: number;
  /** Topics used since topics were last forgotten. */
  #recent = new Map<string, TopicPosition>();
  /** Topics not used since then, which are forgotten next. */
  #older = new Map<string, TopicPosition>();
  /** The epoch of topics that are used for the first time from now on. */
  #epoch: number;

  /**
   * Creates it without topics.
   *
   * @param remembered minimum number of recently used topics that are remembered
   */
  constructor(clock: Pick<Clock, "micros">, remembered: number = REMEMBERED_TOPICS) {
    this.#clock = clock;
    this.#remembered = remembered;
    this.#epoch = newEpoch(clock);
  }

  /** The topics with a position. */
  *topics(): IterableIterator<string> {
    yield* this.#older.keys();
    yield* this.#recent.keys();
  }

  /** The position of a topic that has one. */
  find(topic: string): TopicPosition | undefined {
    return this.#recent.get(topic) ?? this.#older.get(topic);
  }

  /** The position of a topic, which is created if it has none; the caller may raise `seq`. */
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
