import type { Arrivals } from "./load/arrivals.ts";
import { grouped } from "./bench_progress.ts";

/** What a reader of the figures of arrivals has to know besides. */
export function notesOf(
  arrivals: readonly Arrivals[],
  { isRemote, isPaced = false }: {
    /** Whether the events were sent by another process, perhaps on another host. */
    readonly isRemote: boolean;
    /** Whether they are known to have been sent at a rate. @default false */
    readonly isPaced?: boolean;
  },
): string[] {
  const sum = (figure: (each: Arrivals) => number) =>
    arrivals.reduce((total, each) => total + figure(each), 0);
  const received = sum((each) => each.received);
  if (received === 0) return [isRemote ? NOTHING_CAME : NOTHING_CAME_BACK];
  const notes = isRemote ? [CLOCKS] : [];
  const negative = sum((each) => each.negative);
  if (negative > 0) {
    notes.push(
      `${grouped(negative)} events seem to have come before they were sent: the clocks of sender ` +
        "and receiver differ, or one was set; compare them, as with chronyc tracking",
    );
  }
  const before = sum((each) => each.before);
  if (before > 0) {
    notes.push(`${grouped(before)} events were sent before the first heard: not counted as lost`);
  }
  if (!isPaced && sum((each) => each.lost) > 0) notes.push(LOSS);
  const untracked = sum((each) => each.untracked);
  if (untracked > 0) notes.push(`${grouped(untracked)} events of too many streams are left out`);
  return notes;
}

const CLOCKS = "Latencies include the difference between the clocks of sender and receiver";

const LOSS = "Events were lost: a load without --rate may be faster than subscribers take it; " +
  "with a lower --rate less is lost, up to what these machines carry";

const NOTHING_CAME = [
  "Nothing arrived. To check:",
  "  df-pubsub bench pub runs meanwhile, with as many --topics or fewer",
  "  df-pubsub publishers list shows its service, with an address that this host reaches",
  "  both hosts have the same [df] pub_sub_driver and database: df-pubsub config show",
].join("\n");

const NOTHING_CAME_BACK = [
  "Nothing came back. To check:",
  "  df-pubsub serve has the same [df] pub_sub_driver as this command: df-pubsub config show",
  "  its log and its /metrics, for events that were refused or dropped",
].join("\n");
