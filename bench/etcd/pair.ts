import { spread } from "../samples.ts";

/** A figure of ours and of the bare client, round by round. */
export class Pair {
  ours: number[] = [];
  peer: number[] = [];
}

/** Notes the medians of one round. */
export function noteMedians(figures: Pair, times: Pair): void {
  figures.ours.push(spread(times.ours).median);
  figures.peer.push(spread(times.peer).median);
}
