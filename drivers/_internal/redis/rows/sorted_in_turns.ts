import { inTurns } from "../../../contract/next_turn.ts";

/** Number of items that are sorted, or merged, in one step. */
const STEP_ITEMS = 32;

/** Sorts items; equal ones keep their order. Other work runs in between. */
export async function sortedInTurns<T>(
  items: readonly T[],
  compare: (a: T, b: T) => number,
): Promise<T[]> {
  const sorted: T[] = [];
  await inTurns(sortedRuns(items, compare), (run) => void sorted.push(...run));
  let from = sorted;
  let to = sorted.slice();
  for (let length = STEP_ITEMS; length < items.length; length *= 2) {
    await inTurns(mergeSteps({ from, to, length }, compare), () => {});
    [from, to] = [to, from];
  }
  return from;
}

function* sortedRuns<T>(
  items: readonly T[],
  compare: (a: T, b: T) => number,
): Generator<T[], void, undefined> {
  for (let at = 0; at < items.length; at += STEP_ITEMS) {
    yield items.slice(at, at + STEP_ITEMS).sort(compare);
  }
}

/** Two arrays of the same size; the first consists of sorted runs of this length. */
interface Runs<T> {
  readonly from: readonly T[];
  readonly to: T[];
  readonly length: number;
}

/** Merges pairs of runs. */
function* mergeSteps<T>(
  { from, to, length }: Runs<T>,
  compare: (a: T, b: T) => number,
): Generator<void, void, undefined> {
  for (let start = 0; start < from.length; start += 2 * length) {
    const middle = Math.min(start + length, from.length);
    const end = Math.min(middle + length, from.length);
    let left = start;
    let right = middle;
    for (let at = start; at < end; at++) {
      const isLeft = right === end ||
        (left < middle && compare(from[left] as T, from[right] as T) <= 0);
      to[at] = from[isLeft ? left++ : right++] as T;
      if (at % STEP_ITEMS === 0) yield;
    }
  }
}
