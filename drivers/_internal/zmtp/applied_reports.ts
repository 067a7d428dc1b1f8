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

/**
 * Tells a publisher how far the application is, at most once per second and topic.
 *
 * Events are numbered as they arrive, and the application counts frames. So the numbers of some
 * topics are looked at once per second, and reported when the application has as many frames as had
 * arrived by then.
 */
export class AppliedReports {
  /** The topics whose numbers are still to be looked at, and those that may still be untold. */
  readonly #moved: Cycle;
  readonly #untold: Cycle;
  #seen: { readonly arrived: number; readonly next: ReadonlyMap<Place, number> } | undefined;
  #seenAt = -Infinity;

  constructor(places: TopicPlaces) {
    this.#moved = new Cycle(places);
    this.#untold = new Cycle(places);
  }

  /** What was seen before is counted by another run of the publisher. */
  clear(): void {
    this.#seen = undefined;
  }

  /** @param frames how many have arrived, and how many of them the application has */
  tick(
    connection: Connection,
    frames: { readonly arrived: number; readonly applied: number },
  ): void {
    const now = performance.now();
    if (frames.applied < 0) return;
    if (now - this.#seenAt >= EVERY_MS) {
      this.#seenAt = now;
      this.#look(connection, frames.arrived);
    }
    if (this.#seen !== undefined && frames.applied >= this.#seen.arrived) {
      for (const [place, next] of this.#seen.next) {
        place.applied = next;
        tell(connection, place);
      }
      this.#seen = undefined;
    }
    connection.pump();
  }

  /** While the application is behind, only reports what the publisher has not been told at all. */
  #look(connection: Connection, arrived: number): void {
    const isBehind = this.#seen !== undefined;
    const next = new Map<Place, number>();
    let left = ROUND_BYTES;
    for (let at = 0; at < MAX_TOPICS && left > 0; at++) {
      const place = (isBehind ? this.#untold : this.#moved).next();
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
  }
}

/** All topics, some at a time. */
class Cycle {
  readonly #places: TopicPlaces;
  #rest: Iterator<Place, undefined> | undefined;

  constructor(places: TopicPlaces) {
    this.#places = places;
  }

  /** The next topic; undefined once after the last. */
  next(): Place | undefined {
    const place = (this.#rest ??= this.#places.values()).next().value;
    if (place === undefined) this.#rest = undefined;
    return place;
  }
}

function tell(connection: Connection, place: Place): void {
  connection.queueCommand(COMMAND.applied, commandData([place.applied - 1], place.bytes));
  place.isTold = true;
}
