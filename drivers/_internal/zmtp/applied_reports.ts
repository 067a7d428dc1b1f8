import type { Connection } from "./connection.ts";
import type { Place } from "./publisher_link.ts";
import { COMMAND, commandData } from "./session.ts";

/** Of so many topics, those with something to report are found at once, and so many are reported. */
const MAX_LOOKED_AT = 5_000;
const MAX_REPORTED = 250;
const EVERY_MS = 1_000;

/**
 * Tells a publisher how far the application is, at most once per second and topic.
 *
 * Events are numbered as they arrive, and the application counts frames. So the numbers are looked at
 * once per second, and reported when the application has as many frames as had arrived by then.
 */
export class AppliedReports {
  /** The topics that are still to be looked at in this round. */
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
    if (this.#seen === undefined && now - this.#seenAt >= EVERY_MS) {
      this.#seenAt = now;
      this.#seen = { arrived: frames.arrived, next: this.#look(places) };
    }
    if (this.#seen === undefined || frames.applied < this.#seen.arrived) return;
    for (const [place, next] of this.#seen.next) {
      place.reported = next;
      connection.queueCommand(COMMAND.applied, commandData([next - 1], place.bytes));
    }
    this.#seen = undefined;
    connection.pump();
  }

  #look(places: ReadonlyMap<string, Place>): Map<Place, number> {
    const found = new Map<Place, number>();
    for (let at = 0; at < MAX_LOOKED_AT && found.size < MAX_REPORTED; at++) {
      const place = (this.#rest ??= places.values()).next().value;
      if (place === undefined) {
        this.#rest = undefined;
        break;
      }
      const { next = 0, reported } = place;
      if (next > 0 && next !== reported) found.set(place, next);
    }
    return found;
  }
}
