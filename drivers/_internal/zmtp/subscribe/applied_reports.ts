import type { Connection } from "../connection.ts";
import { COMMAND, commandData } from "../session.ts";
import type { Place, TopicPlaces } from "./topic_places.ts";

/** Maximum number of topics checked per round. */
const MAX_TOPICS = 400;
/**
 * Maximum cost of the reports of a round, in bytes. A publisher disconnects a subscriber that keeps
 * sending more than 1,000 ZMTP messages or 100,000 bytes per second.
 */
const ROUND_BYTES = 30_000;
const MESSAGE_BYTES = 100;
/** Maximum size of a report without its topic, in bytes. */
const HEAD_BYTES = 40;
const EVERY_MS = 1_000;
/** Maximum number of open requests. A further request replaces the oldest one. */
const MAX_REQUESTS = 100;

/** Number of frames that a subscriber has received, and that its application has applied. */
interface Frames {
  readonly arrived: number;
  readonly applied: number;
}

/** A publisher's request to report when the application has applied an event. */
interface Request {
  readonly place: Place;
  readonly seq: number;
  /** The topic's next seq, and the number of received frames, when the event was first seen. */
  seen: { readonly next: number; readonly arrived: number } | undefined;
}

/**
 * Reports to a publisher which events the application has applied. The first report after a second
 * without reports is immediate; further ones follow once per second. If the publisher requests a
 * report of an event, the report follows as soon as the application has applied that event.
 *
 * The publisher counts events per topic, but the application counts frames. So each round records
 * the next seq of some topics and the number of frames received. Once the application has applied
 * that number of frames, this class reports the recorded seqs.
 */
export class AppliedReports {
  /** Topics whose seqs are to be recorded, and topics that may have no report yet. */
  readonly #moved: Generator<Place | undefined, never>;
  readonly #untold: Generator<Place | undefined, never>;
  #seen: { readonly arrived: number; readonly next: ReadonlyMap<Place, number> } | undefined;
  #toldAt = -Infinity;
  /** The topic of the last event received since the topics were last checked. */
  #latest: Place | undefined;
  #requests: Request[] = [];
  /** Number of frames the application had applied at the last progress check. */
  #goneOnAt = 0;

  constructor(places: TopicPlaces) {
    this.#moved = cycle(places);
    this.#untold = cycle(places);
  }

  /**
   * Discards the seqs and the requests: the connection has ended, and the next one may be to
   * another epoch of the publisher.
   */
  end(): void {
    this.#seen = undefined;
    this.#requests = [];
  }

  /** Requests a report as soon as the application has applied event `seq` of a topic. */
  request(place: Place, seq: number): void {
    if (this.#requests.length >= MAX_REQUESTS) this.#requests.shift();
    this.#requests.push({ place, seq, seen: undefined });
  }

  /** Notes that an event of a topic has been received. */
  noteArrived(place: Place): void {
    this.#latest = place;
  }

  /**
   * Sends due reports. Call this when the application has applied more frames, or when the
   * publisher has requested a report.
   */
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

  /**
   * Repeats the report of one topic if a lagging application has applied more frames. The publisher
   * then knows that the application is not stalled. Returns whether a report was queued.
   */
  #tellProgress(connection: Connection, applied: number): boolean {
    const [place] = this.#seen?.next.keys() ?? [];
    const goesOn = place !== undefined && applied > this.#goneOnAt;
    if (goesOn) tell(connection, place);
    this.#goneOnAt = applied;
    return goesOn;
  }

  /**
   * Checks the next topics: reports those without a report on this connection and records seqs.
   * While the application is behind, it records none. Returns whether it reported or recorded any.
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

/** Repeats all topics without end; yields undefined after the last one of each pass. */
function* cycle(places: TopicPlaces): Generator<Place | undefined, never> {
  for (;;) {
    yield* places.values();
    yield undefined;
  }
}

/**
 * Reports the topic if the application has applied the event, unless this was already reported.
 * Returns false if the application has not applied the event yet.
 */
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
