import type { EventOrigin } from "../event/db_update.ts";
import type { GapCounters, GapNotice } from "../protocol/notices.ts";
import type { PublisherPosition } from "../protocol/position_log.ts";
import { type Run, Track, Tracks } from "./tracks.ts";

/** Options of a {@linkcode SequenceCheck}. */
export interface SequenceCheckOptions {
  /** Whether a topic is subscribed to: the first event of another topic is dropped. */
  readonly wants: (topic: string) => boolean;
  /** Called with each notice. */
  readonly onNotice: (notice: GapNotice) => void;
  /** Called when the application may lack events of a topic, after the notice that says so. */
  readonly onLost: (topic: string) => void;
  /**
   * Called for a `restart` without a preceding gap: the last events of the old epoch may be lost.
   */
  readonly onRestart?: (topic: string) => void;
  /**
   * Called with the first event of a publisher and topic, and with an event after a gap that does
   * not follow the last one: earlier events may not have arrived.
   */
  readonly onJump?: (address: string | undefined) => void;
  /** Maximum number of remembered publishers times topics. @default 200,000, about 40 MB */
  readonly maxTracks?: number;
}

/** Where and when an event arrived. */
export interface Arrival {
  /** On a transport with addresses: that of the sender. */
  readonly address: string | undefined;
  /** Milliseconds of a monotonic clock. */
  readonly now: number;
}

interface Event extends Arrival {
  readonly epoch: number;
  readonly seq: number;
}

type Counts = { -readonly [name in keyof GapCounters]: number };

const MAX_TRACKS = 200_000;

/**
 * Checks that the events of each publisher and topic have consecutive sequence numbers.
 *
 * An event that has arrived before is dropped. A hole causes a `lost` notice, a new epoch a
 * `restart`. An event contradicts earlier ones if it has an earlier epoch, or belongs in a hole. It
 * is dropped for up to three seconds, since it may have been overtaken, and the topic is reported
 * as lost. After that it is accepted, with a `contested` notice. So a forged event cannot mute a
 * publisher.
 */
export class SequenceCheck {
  readonly #options: SequenceCheckOptions;
  readonly #tracks: Tracks;
  readonly #counts: Counts = {
    gaps: 0,
    lost: 0,
    duplicates: 0,
    contradictions: 0,
    restarts: 0,
    contested: 0,
  };

  constructor(options: SequenceCheckOptions) {
    this.#options = options;
    this.#tracks = new Tracks(options.maxTracks ?? MAX_TRACKS);
  }

  /** The current totals. */
  get counters(): GapCounters {
    return { ...this.#counts };
  }

  /** The position of every publisher in each topic. */
  get positions(): PublisherPosition[] {
    return Array.from(
      this.#tracks.all(),
      ({ publisher, epoch, topic, last }) => ({ publisher, epoch, topic, seq: last }),
    );
  }

  /** Whether to pass an event to the application. */
  accepts(origin: EventOrigin, arrival: Arrival): boolean {
    const track = this.#tracks.find(origin);
    if (track === undefined) return this.#first(origin, arrival);
    const isNext = origin.seq === track.last + 1 && origin.epoch === track.epoch;
    if (isNext && track.gap === undefined) track.last++;
    else if (!this.#judge(track, { ...origin, ...arrival })) return false;
    track.address = arrival.address;
    return true;
  }

  #first(origin: EventOrigin, { address, now }: Arrival): boolean {
    if (!this.#options.wants(origin.topic)) return false;
    const track = new Track(origin, origin.epoch, origin.seq, now);
    track.address = address;
    this.#tracks.add(track);
    this.#options.onJump?.(address);
    return true;
  }

  #judge(track: Track, event: Event): boolean {
    const { gap } = track;
    const { epoch, seq, address } = event;
    const run = track.runOf(epoch);
    if (run !== undefined && run.from <= seq && seq <= run.last) {
      this.#counts.duplicates++;
      return false;
    }
    const isAfterGap = gap !== undefined && (gap.address ?? address) === address;
    if (isAfterGap) this.#beginAfterGap(track, event);
    else if (run === undefined) this.#restart(track, event);
    else if (run === track && seq > run.last) this.#follow(track, event);
    else return this.#contradict(track, run, event);
    return true;
  }

  #beginAfterGap(track: Track, { epoch, seq, now, address }: Event): void {
    const isRestart = track.runOf(epoch) === undefined;
    const isNext = epoch === track.epoch && seq === track.last + 1;
    track.begin(epoch, seq, now);
    if (isRestart) this.#noteRestart(track);
    if (!isNext) this.#options.onJump?.(address);
  }

  #noteRestart({ publisher, epoch, topic }: Track): void {
    this.#counts.restarts++;
    this.#options.onNotice({ kind: "restart", publisher, epoch, topic });
  }

  #restart(track: Track, { epoch, seq, now }: Event): void {
    track.begin(epoch, seq, now);
    this.#noteRestart(track);
    if (seq > 1) this.#lose(track, 1, seq - 1);
    else this.#options.onRestart?.(track.topic);
  }

  #follow(track: Track, { seq, now }: Event): void {
    const due = track.last + 1;
    if (seq === due) return void track.last++;
    track.leap(seq, now);
    this.#lose(track, due, seq - 1);
  }

  /** Handles an event of a hole or of a former epoch. */
  #contradict(track: Track, { epoch, last }: Run, { seq, now }: Event): boolean {
    const { publisher, topic } = track;
    if (!track.isOverruled(now)) {
      this.#counts.contradictions++;
      this.#options.onLost(topic);
      return false;
    }
    track.begin(epoch, seq, now);
    this.#counts.contested++;
    this.#options.onNotice({ kind: "contested", publisher, epoch, topic });
    if (seq > last + 1) this.#lose(track, last + 1, seq - 1);
    else this.#options.onLost(topic);
    return true;
  }

  #lose({ publisher, epoch, topic }: Track, from: number, to: number): void {
    this.#counts.lost += to - from + 1;
    this.#options.onNotice({ kind: "lost", publisher, epoch, topic, from, to });
    this.#options.onLost(topic);
  }

  /**
   * Notes that events of a topic are lost, of one address or of all: the next event is accepted.
   */
  expectGap(topic: string, address?: string): void {
    this.#counts.gaps++;
    this.#open(this.#tracks.ofTopic(topic), address);
  }

  /**
   * Does the same for every topic: a connection was lost, and the application will read everything
   * again.
   */
  rebase(address?: string): void {
    this.#open(this.#tracks.all(), address);
  }

  #open(tracks: Iterable<Track>, address: string | undefined): void {
    const gap = { address };
    for (const track of tracks) {
      if (address === undefined || track.address === address) track.gap = gap;
    }
  }

  /** Forgets a topic without a subscription. */
  forgetTopic(topic: string): void {
    this.#tracks.forgetTopic(topic);
  }
}
