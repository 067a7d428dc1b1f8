/** How long after a leap or a restart events from before it may still be on their way. */
const ON_THE_WAY_MS = 3_000;
/** Contradictions with longer pauses between them are not one series. */
const SERIES_PAUSE_MS = 30_000;
/** Maximum number of former epochs that are remembered. */
const MAX_LEFT = 4;

/** Events of one epoch that have come without a hole between them. */
export interface Run {
  readonly epoch: number;
  /** The first of them. */
  readonly from: number;
  /** The last of them. */
  readonly last: number;
}

/** Names one sequence of events. */
export interface Sequence {
  /** The publisher's id. */
  readonly publisher: string;
  /** The topic that it counts under. */
  readonly topic: string;
}

/** The position of one publisher under one topic. */
export class Track implements Sequence, Run {
  readonly publisher: string;
  readonly topic: string;
  epoch: number;
  from: number;
  last: number;
  /** Where its last event came from, on a transport with addresses. */
  address: string | undefined;
  /** Set after a gap: the next event, from this address if it names one, is accepted. */
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

  /** The newest run of an epoch; undefined for an unknown epoch. */
  runOf(epoch: number): Run | undefined {
    return epoch === this.epoch ? this : this.#left?.find((run) => run.epoch === epoch);
  }

  /** Counts on from this event, whatever came before it. */
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

  /** Passes over what lies between the last event and this one. */
  leap(seq: number, now: number): void {
    this.from = seq;
    this.last = seq;
    this.#changedAt = now;
  }

  /**
   * Whether an event that contradicts those before it is accepted: events on their way at the last leap
   * or restart have arrived by now, or contradictions have continued for as long.
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
 * The tracks of all publishers and topics, of as many as have room: when the young generation is
 * full, those that were not used since it began are forgotten. An event whose track was forgotten
 * begins a new one, so that forgetting never makes a false loss.
 */
export class Tracks {
  readonly #maxYoung: number;
  #young: Generation = new Map();
  #old: Generation = new Map();
  #youngCount = 0;
  #last: Track | undefined;

  /** @param max how many tracks are kept at most */
  constructor(max: number) {
    this.#maxYoung = Math.max(1, max >> 1);
  }

  /** The track of a publisher and topic, if there is one. */
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

  /** Adds one that is not there. */
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

  /** All of them. */
  *all(): IterableIterator<Track> {
    for (const generation of [this.#old, this.#young]) {
      for (const ofPublisher of generation.values()) yield* ofPublisher.values();
    }
  }

  /** Those of one topic. */
  *ofTopic(topic: string): IterableIterator<Track> {
    for (const generation of [this.#old, this.#young]) {
      for (const ofPublisher of generation.values()) {
        const track = ofPublisher.get(topic);
        if (track !== undefined) yield track;
      }
    }
  }

  /** Forgets those of one topic. */
  forgetTopic(topic: string): void {
    this.#last = undefined;
    for (const ofPublisher of this.#old.values()) ofPublisher.delete(topic);
    for (const ofPublisher of this.#young.values()) {
      if (ofPublisher.delete(topic)) this.#youngCount--;
    }
  }
}
