/** Time for which earlier events may still arrive after a leap or a restart. */
const ON_THE_WAY_MS = 3_000;
/** A longer pause between contradictions ends their series. */
const SERIES_PAUSE_MS = 30_000;
/** Maximum number of former epochs that are remembered. */
const MAX_LEFT = 4;

/** Consecutive events of one epoch. */
export interface Run {
  readonly epoch: number;
  /** The first sequence number. */
  readonly from: number;
  /** The last sequence number. */
  readonly last: number;
}

/** Identifies one sequence of events. */
export interface Sequence {
  /** The publisher's id. */
  readonly publisher: string;
  /** The topic in which it counts. */
  readonly topic: string;
}

/** The position of one publisher in one topic. */
export class Track implements Sequence, Run {
  readonly publisher: string;
  readonly topic: string;
  epoch: number;
  from: number;
  last: number;
  /** The address of its last event, on a transport with addresses. */
  address: string | undefined;
  /** Set after a gap: the next event (of this address, if there is one) is accepted. */
  gap: { readonly address: string | undefined } | undefined;
  #left: readonly Run[] | undefined;
  #changedAt: number;
  #contradictedSince = -Infinity;
  #contradictedAt = -Infinity;

  constructor({ publisher, topic }: Sequence, epoch: number, seq: number, now: number) {
    this.publisher = publisher;
    this.topic = topic;
    this.epoch = epoch;
    this.from = seq;
    this.last = seq;
    this.#changedAt = now;
  }

  /** The last run in an epoch; undefined for an unknown epoch. */
  runOf(epoch: number): Run | undefined {
    return epoch === this.epoch ? this : this.#left?.find((run) => run.epoch === epoch);
  }

  /** Continues at this event, regardless of earlier ones. */
  begin(epoch: number, seq: number, now: number): void {
    if (epoch !== this.epoch) {
      const left = [{ epoch: this.epoch, from: this.from, last: this.last }, ...this.#left ?? []];
      this.#left = left.filter((run) => run.epoch !== epoch).slice(0, MAX_LEFT);
    }
    this.epoch = epoch;
    this.from = seq;
    this.last = seq;
    this.gap = undefined;
    this.#changedAt = now;
  }

  /** Skips the events between the last one and this one. */
  leap(seq: number, now: number): void {
    this.from = seq;
    this.last = seq;
    this.#changedAt = now;
  }

  /**
   * Whether to accept an event that contradicts earlier ones. This is so when events that were sent
   * before the last leap or restart have arrived, or contradictions have continued for the same
   * time.
   */
  isOverruled(now: number): boolean {
    if (now - this.#contradictedAt > SERIES_PAUSE_MS) this.#contradictedSince = now;
    const isOver = now - Math.min(this.#changedAt, this.#contradictedSince) > ON_THE_WAY_MS;
    this.#contradictedAt = isOver ? -Infinity : now;
    return isOver;
  }
}

type Generation = Map<string, Map<string, Track>>;

/**
 * The tracks of all publishers and topics, up to a limit. When the young generation is full, tracks
 * that were not used since it began are forgotten. An event without a track begins a new one, so
 * forgetting never causes a false loss.
 */
export class Tracks {
  readonly #maxYoung: number;
  #young: Generation = new Map();
  #old: Generation = new Map();
  #youngCount = 0;
  #last: Track | undefined;

  /** @param max maximum number of tracks */
  constructor(max: number) {
    this.#maxYoung = Math.max(1, max >> 1);
  }

  /** Finds the track of a publisher and topic. */
  find({ publisher, topic }: Sequence): Track | undefined {
    const last = this.#last;
    if (last !== undefined && last.topic === topic && last.publisher === publisher) return last;
    return this.#last = this.#young.get(publisher)?.get(topic) ?? this.#revive(publisher, topic);
  }

  #revive(publisher: string, topic: string): Track | undefined {
    const ofPublisher = this.#old.get(publisher);
    const track = ofPublisher?.get(topic);
    if (track === undefined) return undefined;
    ofPublisher?.delete(topic);
    this.add(track);
    return track;
  }

  /** Adds a new track. */
  add(track: Track): void {
    if (this.#youngCount >= this.#maxYoung) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#youngCount = 0;
    }
    const ofPublisher = this.#young.get(track.publisher) ?? new Map<string, Track>();
    this.#young.set(track.publisher, ofPublisher.set(track.topic, track));
    this.#youngCount++;
    this.#last = track;
  }

  /** All tracks. */
  *all(): IterableIterator<Track> {
    for (const generation of [this.#old, this.#young]) {
      for (const ofPublisher of generation.values()) yield* ofPublisher.values();
    }
  }

  /** The tracks of a topic. */
  *ofTopic(topic: string): IterableIterator<Track> {
    for (const generation of [this.#old, this.#young]) {
      for (const ofPublisher of generation.values()) {
        const track = ofPublisher.get(topic);
        if (track !== undefined) yield track;
      }
    }
  }

  /** Forgets the tracks of a topic. */
  forgetTopic(topic: string): void {
    this.#last = undefined;
    for (const ofPublisher of this.#old.values()) ofPublisher.delete(topic);
    for (const ofPublisher of this.#young.values()) {
      if (ofPublisher.delete(topic)) this.#youngCount--;
    }
  }
}
