// It is a global in every version of Deno, but not in the types of all versions. Its first use
// loads a module of Node's in newer versions, so nothing uses it earlier.
interface WithImmediate {
  setImmediate(callback: () => void): void;
}

/** Calls `callback` after everything else that is due, without further delay. */
export function inNextTurn(callback: () => void): void {
  (globalThis as unknown as WithImmediate).setImmediate(callback);
}

/** Resolves after everything else that is due. A timer of 0 ms would take a millisecond. */
export function nextTurn(): Promise<void> {
  return new Promise(inNextTurn);
}

/** Resolves after a millisecond, in which the process may be idle. */
function rest(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/** Duration of a slice of long work. */
const SLICE_MS = 0.5;
/** Maximum duration, when everything else takes longer: work and everything else share the thread. */
const MAX_SLICE_MS = 16;
/** Maximum number of steps between two readings of the clock, which cost more than a short step. */
const MAX_STEPS_PER_LOOK = 16;

/**
 * Number of slices after which long work rests, while the event loop of the sockets waits on another
 * thread. The runtime sees the end of that wait when the process is idle, and else only in every
 * 31st turn.
 */
const REST_EVERY = 4;

let longWorks = 0;
let slices = 0;
let isAway = false;

/** Notes whether the event loop of the sockets waits on another thread. */
export function noteAway(away: boolean): void {
  isAway = away;
}

/** Whether a work is going on {@linkcode inTurns}: it goes on when everything else has had its turn. */
export function isLongWorkDue(): boolean {
  return longWorks > 0;
}

/**
 * Calls `each` with every item, in slices of about half a millisecond, or as long as everything else
 * took between two slices. Between slices everything else that is due can run. The same holds at the
 * end, unless the last slice took less than a quarter of a millisecond, so that the caller can begin
 * another slice at once. Finding the next item is part of a step.
 *
 * @param now returns the time in milliseconds
 */
export async function inTurns<T>(
  items: Iterable<T>,
  each: (item: T) => void,
  now: () => number = () => performance.now(),
): Promise<void> {
  let start = now();
  let sliceMs = SLICE_MS;
  const takeTurn = async () => {
    const [left, mayRest] = [now(), isAway && ++slices % REST_EVERY === 0];
    longWorks++;
    await (mayRest ? rest() : nextTurn());
    longWorks--;
    start = now();
    const othersMs = mayRest ? 0 : start - left;
    sliceMs = Math.min(Math.max(othersMs, SLICE_MS), MAX_SLICE_MS);
  };
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
    if (time - start < sliceMs) continue;
    await takeTurn();
    lookedAt = start;
  }
  if (now() - start >= SLICE_MS / 2) await takeTurn();
}
