import type { Arrivals } from "./load/arrivals.ts";
import { grouped } from "./bench_progress.ts";

/** Notes that explain the figures of arrivals. */
export function notesOf(
  arrivals: readonly Arrivals[],
  { isRemote, isPaced = false }: {
    /** Whether another process sent the events, perhaps on another host. */
    readonly isRemote: boolean;
    /** Whether the events were certainly sent at a rate. @default false */
    readonly isPaced?: boolean;
  },
): string[] {
  const sum = (figure: (each: Arrivals) => number) =>
    arrivals.reduce((total, each) => total + figure(each), 0);
  // Events of the warm-up do not count as received.
  const hasNothing = arrivals.every(({ receivedAt }) => receivedAt === undefined);
  if (hasNothing) return [isRemote ? NOTHING_CAME : NOTHING_CAME_BACK];
  const notes = isRemote ? [CLOCKS] : [];
  const negative = sum((each) => each.negative);
  if (negative > 0) {
    notes.push(
      `${
        grouped(negative)
      } events seem to have arrived before they were sent: the clocks of sender ` +
        "and receiver differ, or one was set. Compare the clocks, as with chronyc tracking",
    );
  }
  const before = sum((each) => each.before);
  if (before > 0) {
    notes.push(
      `${
        grouped(before)
      } events were sent before the first received one: they do not count as lost`,
    );
  }
  if (!isPaced && sum((each) => each.lost) > 0) notes.push(LOSS);
  const untracked = sum((each) => each.untracked);
  if (untracked > 0) {
    notes.push(
      `${grouped(untracked)} events were not counted, since they belong to too many streams`,
    );
  }
  return notes;
}

const CLOCKS = "Latencies include the difference between the clocks of sender and receiver";

const LOSS = "Events were lost: a load without --rate may be faster than its subscribers. " +
  "Lower --rate until no events are lost";

const NOTHING_CAME = [
  "Nothing arrived. To check:",
  "  df-pubsub bench pub runs at the same time, with at most as many --topics",
  "  df-pubsub publishers list shows its service with an address that this host can reach",
  "  df-pubsub config show prints the same [df] pub_sub_driver and database on both hosts",
].join("\n");

const NOTHING_CAME_BACK = [
  "No event came back. To check:",
  "  df-pubsub config show prints the [df] pub_sub_driver of df-pubsub serve",
  "  the log and /metrics of df-pubsub serve show no refused or dropped events",
].join("\n");
