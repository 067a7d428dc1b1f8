import type { Connection } from "./connection.ts";
import { COMMAND, commandData } from "./session.ts";
import type { Place, TopicPlaces } from "./topic_places.ts";

/** How many topics are looked at in a round. */
const MAX_TOPICS = 400;
/** A publisher disconnects a subscriber above 1,000 messages of 100 bytes each a second. */
const ROUND_BYTES = 30_000;
const MESSAGE_BYTES = 100;
/** What a report takes besides its topic, at most. */
const HEAD_BYTES = 40;
const EVERY_MS = 1_000;
/** Further requests take the place of the oldest ones. */
const MAX_REQUESTS = 100;

/** How many frames of a subscriber have arrived, and how many of them its application has. */
interface Frames {
  readonly arrived: number;
  readonly applied: number;
}

/** The publisher wants to know when the application has an event. */
interface Request {
  readonly place: Place;
  readonly seq: number;
  /** The topic's next event, and the frames that had arrived, when the event first had. */
  seen: { readonly next: number; readonly arrived: number } | undefined;
}

/**
 * Tells a publisher how far the application is: at once after a second without a report, otherwise
 * once per second, and at once when the application has an event that the publisher has requested a
 * report of.
 *
 * Events are numbered as they arrive, and the application counts frames. So the numbers of some
 * topics are looked at once per second, and reported when the application has as many frames as had
 * arrived by then.
 */
export class AppliedReports {
  /** The topics whose numbers are still to be looked at, and those that may still be untold. */
  readonly #moved: Generator<Place | undefined, never>;
  readonly #untold: Generator<Place | undefined, never>;
  #seen: { readonly arrived: number; readonly next: ReadonlyMap<Place, number> } | undefined;
  #toldAt = -Infinity;
  /** The topic of the last event that has arrived since the topics were looked at. */
  #latest: Place | undefined;
  #requests: Request[] = [];
  /** How many frames the application had at the last sign that it goes on. */
  #goneOnAt = 0;

  constructor(places: TopicPlaces) {
    this.#moved = cycle(places);
    this.#untold = cycle(places);
  }

  /** What was seen before is counted by another run of the publisher. */
  clear(): void {
    this.#seen = undefined;
  }

  /** The connection has ended, and the requests with it. */
  end(): void {
    this.#requests = [];
  }

  /** The publisher wants a report as soon as the application has an event of a topic. */
  request(place: Place, seq: number): void {
    if (this.#requests.length >= MAX_REQUESTS) this.#requests.shift();
    this.#requests.push({ place, seq, seen: undefined });
  }

  /** An event of a topic has arrived. */
  noteArrived(place: Place): void {
    this.#latest = place;
  }

  /** The application has more frames, or a report was requested. */
  noteApplied(connection: Connection, frames: Frames): void {
    if (frames.applied < 0) return;
    this.#requests = this.#requests.filter((each) => !answered(connection, each, frames));
    if (this.#latest !== undefined || this.#seen !== undefined) this.tick(connection, frames);
    else connection.pump();
  }

  tick(connection: Connection, frames: Frames): void {
    if (frames.applied < 0) return;
    const now = performance.now();
    this.#tellSeen(connection, frames.applied);
    if (now - this.#toldAt >= EVERY_MS) {
      const goesOn = this.#tellProgress(connection, frames.applied);
      if (this.#look(connection, frames.arrived) || goesOn) this.#toldAt = now;
      this.#latest = undefined;
      this.#tellSeen(connection, frames.applied);
    }
    connection.pump();
  }

  #tellSeen(connection: Connection, applied: number): void {
    if (this.#seen === undefined || applied < this.#seen.arrived) return;
    for (const [place, next] of this.#seen.next) {
      if (place.applied >= next) continue;
      place.applied = next;
      tell(connection, place);
    }
    this.#seen = undefined;
  }

  /** An application that is far behind and goes on is not taken for one that stands still. */
  #tellProgress(connection: Connection, applied: number): boolean {
    const [place] = this.#seen?.next.keys() ?? [];
    const goesOn = place !== undefined && applied > this.#goneOnAt;
    if (goesOn) tell(connection, place);
    this.#goneOnAt = applied;
    return goesOn;
  }

  /**
   * While the application is behind, only reports what the publisher has not been told at all. Returns
   * whether there is something to report.
   */
  #look(connection: Connection, arrived: number): boolean {
    const isBehind = this.#seen !== undefined;
    const next = new Map<Place, number>();
    let left = ROUND_BYTES;
    for (let at = 0; at < MAX_TOPICS && left > 0; at++) {
      const first = at === 0 ? this.#latest : undefined;
      const place = first ?? (isBehind ? this.#untold : this.#moved).next().value;
      if (place === undefined) break;
      if (place.next === undefined) continue;
      const cost = Math.max(MESSAGE_BYTES, place.bytes.length + HEAD_BYTES);
      if (!place.isTold) {
        tell(connection, place);
        left -= cost;
      }
      if (isBehind || place.next === place.applied) continue;
      next.set(place, place.next);
      left -= cost;
    }
    if (next.size > 0) this.#seen = { arrived, next };
    return left < ROUND_BYTES;
  }
}

/** All topics, again and again; undefined after the last of each time. */
function* cycle(places: TopicPlaces): Generator<Place | undefined, never> {
  for (;;) {
    yield* places.values();
    yield undefined;
  }
}

/** Reports the topic if the application has the event; false when that is still to come. */
function answered(connection: Connection, request: Request, frames: Frames): boolean {
  const { place, seq } = request;
  if (place.next === undefined || place.next <= seq) return false;
  request.seen ??= { next: place.next, arrived: frames.arrived };
  if (place.applied > seq && place.isTold) return true;
  if (place.applied <= seq) {
    if (frames.applied < request.seen.arrived) return false;
    place.applied = request.seen.next;
  }
  tell(connection, place);
  return true;
}

function tell(connection: Connection, place: Place): void {
  connection.queueCommand(COMMAND.applied, commandData([place.applied - 1], place.bytes));
  place.isTold = true;
}
