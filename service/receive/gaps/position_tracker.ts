import { Track } from "./track.ts";

/** How a {@linkcode PositionTracker} is bounded. */
export interface PositionTrackerOptions {
  /** The most tracks, one for each publisher and topic. */
  readonly maxTracks: number;
  /** One that was not heard of for so long may make room for another. */
  readonly idleMs: number;
}

const DEFAULTS: PositionTrackerOptions = { maxTracks: 20_000, idleMs: 60_000 };
/** How long a tracker without room does not look for some again: a look visits every track. */
const LOOK_AGAIN_MS = 1_000;

/** Names one sequence of numbers. */
export interface Sequence {
  /** The publisher's id. */
  readonly publisher: string;
  /** The topic that numbers count under. */
  readonly topic: string;
}

/**
 * Where every publisher stands under every topic. Pure: it neither waits nor reads a clock.
 *
 * Bounded, since anyone may invent publishers: those that are silent make room, and where nobody is,
 * newcomers are not tracked. Those that are known keep their place.
 */
export class PositionTracker {
  readonly #options: PositionTrackerOptions;
  readonly #tracks = new Map<string, Map<string, Track>>();
  readonly #untracked = { count: 0, nextLookAt: -Infinity };
  #size = 0;
  #last: Track | undefined;

  constructor(options: Partial<PositionTrackerOptions> = {}) {
    this.#options = { ...DEFAULTS, ...options };
  }

  /** How many tracks there are. */
  get size(): number {
    return this.#size;
  }

  /** How often there was no room for a newcomer. */
  get untracked(): number {
    return this.#untracked.count;
  }

  /**
   * The track of a publisher and topic, made if there is none; undefined when there is no room.
   *
   * @param now milliseconds of a clock that never goes back
   */
  trackOf({ publisher, topic }: Sequence, now: number): Track | undefined {
    const last = this.#last;
    const isLast = last !== undefined && last.publisher === publisher && last.topic === topic;
    const track = isLast ? last : this.#tracks.get(publisher)?.get(topic) ??
      this.#create(publisher, topic, now);
    if (track === undefined) return undefined;
    track.heardAt = now;
    return this.#last = track;
  }

  #create(publisher: string, topic: string, now: number): Track | undefined {
    if (!this.#hasRoom(now)) {
      this.#untracked.count++;
      return undefined;
    }
    const track = new Track(publisher, topic);
    const ofPublisher = this.#tracks.get(publisher) ?? new Map<string, Track>();
    this.#tracks.set(publisher, ofPublisher.set(topic, track));
    this.#size++;
    return track;
  }

  #hasRoom(now: number): boolean {
    const { maxTracks, idleMs } = this.#options;
    if (this.#size < maxTracks) return true;
    if (now < this.#untracked.nextLookAt) return false;
    this.#untracked.nextLookAt = now + LOOK_AGAIN_MS;
    this.#remove((track) => track.heardAt <= now - idleMs && track.missing.isEmpty);
    return this.#size < maxTracks;
  }

  #remove(isOver: (track: Track) => boolean): Track[] {
    const removed = [...this.tracks()].filter(isOver);
    for (const { publisher, topic } of removed) {
      const ofPublisher = this.#tracks.get(publisher);
      ofPublisher?.delete(topic);
      if (ofPublisher?.size === 0) this.#tracks.delete(publisher);
    }
    this.#size -= removed.length;
    this.#last = undefined;
    return removed;
  }

  /** All tracks. */
  *tracks(): IterableIterator<Track> {
    for (const ofPublisher of this.#tracks.values()) yield* ofPublisher.values();
  }

  /** Forgets a topic, which is heard no more, and returns its tracks. */
  forgetTopic(topic: string): Track[] {
    return this.#remove((track) => track.topic === topic);
  }
}
