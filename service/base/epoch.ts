import type { Clock } from "./clock.ts";

let last = 0;

/**
 * A new epoch, which identifies one run of a publisher: microseconds since 1970. Within a process
 * each epoch is greater than the one before, even if the clock goes back.
 */
export function newEpoch(clock: Pick<Clock, "micros">): number {
  const now = Math.max(1, clock.micros());
  last = now > last ? now : last + 1;
  return last;
}
