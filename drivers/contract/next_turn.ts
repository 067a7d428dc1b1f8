// It is a global of every Deno, but not in the types of every one. Newer ones load a module of
// Node's when it is first used, so it is not touched before.
interface WithImmediate {
  setImmediate(callback: () => void): void;
}

/** Calls `callback` when everything else that is due has had its turn, and that is at once. */
export function inNextTurn(callback: () => void): void {
  (globalThis as unknown as WithImmediate).setImmediate(callback);
}

/** Resolves then. A timer of no time would take a millisecond. */
export function nextTurn(): Promise<void> {
  return new Promise(inNextTurn);
}

/** How long a slice of a long work takes. */
const SLICE_MS = 1;
/** Maximum number of steps until the time is looked at, which costs more than a short step. */
const MAX_STEPS_PER_LOOK = 16;

let longWorks = 0;

/** Whether a work is going on {@linkcode inTurns}: it goes on when everything else has had its turn. */
export function isLongWorkDue(): boolean {
  return longWorks > 0;
}

/**
 * Calls `each` with every item, in slices of about 1 ms: in between, everything else that is due has
 * its turn. What it takes to find the next item belongs to the step.
 *
 * @param now the time in milliseconds
 */
export async function inTurns<T>(
  items: Iterable<T>,
  each: (item: T) => void,
  now: () => number = () => performance.now(),
): Promise<void> {
  let start = now();
  let lookedAt = start;
  let stepsUntilLook = 1;
  let steps = 0;
  for (const item of items) {
    each(item);
    if (++steps < stepsUntilLook) continue;
    const time = now();
    const areShort = time - lookedAt < SLICE_MS / 8;
    stepsUntilLook = areShort ? Math.min(2 * stepsUntilLook, MAX_STEPS_PER_LOOK) : 1;
    steps = 0;
    lookedAt = time;
    if (time - start < SLICE_MS) continue;
    longWorks++;
    await nextTurn();
    longWorks--;
    start = lookedAt = now();
  }
}
