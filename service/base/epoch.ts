import type { Clock } from "./clock.ts";

let last = 0;

/**
 * The number of a publisher's start: microseconds since 1970, and in one process never the same
 * twice, whatever the clock does.
 */
export function newEpoch(clock: Pick<Clock, "micros">): number {
  const now = Math.max(1, clock.micros());
  last = now > last ? now : last + 1;
  return last;
}
