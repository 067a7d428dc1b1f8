import type { Connection } from "./connection.ts";
import { COMMAND, commandData } from "./session.ts";

/** Where a topic stands at one publisher. */
export interface Place {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The number of the next event; undefined before the publisher has said so for the first time. */
  next: number | undefined;
  /** Whether what is sent from now on arrives. */
  isLive: boolean;
  /** The number of the first event that the application may not have. */
  applied: number;
  /** Whether the publisher has been told so on this connection. */
  isTold: boolean;
}

/** How many topics are looked at in a round. */
const MAX_TOPICS = 400;
const EVERY_MS = 1_000;

/**
 * Tells a publisher how far the application is, at most once per second and topic.
 *
 * Events are numbered as they arrive, and the application counts frames. So the numbers of some
 * topics are looked at once per second, and reported when the application has as many frames as had
 * arrived by then.
 */
export class AppliedReports {
  /** The topics that are still to be looked at before all others are again. */
  #rest: Iterator<Place, undefined> | undefined;
  #seen: { readonly arrived: number; readonly next: ReadonlyMap<Place, number> } | undefined;
  #seenAt = -Infinity;

  /** What was seen before is counted by another run of the publisher. */
  clear(): void {
    this.#seen = undefined;
  }

  /** @param frames how many have arrived, and how many of them the application has */
  tick(
    connection: Connection,
    places: ReadonlyMap<string, Place>,
    frames: { readonly arrived: number; readonly applied: number },
  ): void {
    const now = performance.now();
    if (frames.applied < 0) return;
    if (now - this.#seenAt >= EVERY_MS) {
      this.#seenAt = now;
      const next = this.#look(connection, places);
      this.#seen ??= { arrived: frames.arrived, next };
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

  #look(connection: Connection, places: ReadonlyMap<string, Place>): Map<Place, number> {
    const found = new Map<Place, number>();
    for (let at = 0; at < MAX_TOPICS; at++) {
      const place = (this.#rest ??= places.values()).next().value;
      if (place === undefined) {
        this.#rest = undefined;
        break;
      }
      if (place.next === undefined) continue;
      if (!place.isTold) tell(connection, place);
      if (place.next !== place.applied) found.set(place, place.next);
    }
    return found;
  }
}

function tell(connection: Connection, place: Place): void {
  connection.queueCommand(COMMAND.applied, commandData([place.applied - 1], place.bytes));
  place.isTold = true;
}
