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

/** The tasks that wait for their next slice, the one that has waited longest first. */
const waiting: (() => void)[] = [];
let isSliceDue = false;
/** When the current slice ends; undefined until its first task knows. */
let sliceEndsAt: number | undefined;
/** When the last slice ended. */
let endedAt = 0;
let slices = 0;
let isAway = false;

/** Notes whether the event loop of the sockets waits on another thread. */
export function noteAway(away: boolean): void {
  isAway = away;
}

/** Whether a task waits in {@linkcode inTurns} until everything else has had its turn. */
export function isLongWorkDue(): boolean {
  return waiting.length > 0;
}

function mayRest(): boolean {
  return isAway && ++slices % REST_EVERY === 0;
}

/** Resolves in a later slice, after the tasks that wait already. */
function untilSlice(rests: boolean): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    planSlice(rests);
  });
}

/** Plans a slice after everything else, and a rest, in which the process can be idle. */
function planSlice(rests: boolean): void {
  if (isSliceDue || waiting.length === 0) return;
  isSliceDue = true;
  const begin = () => {
    isSliceDue = false;
    sliceEndsAt = undefined;
    waiting.shift()?.();
    planSlice(false);
  };
  // It takes a millisecond.
  if (rests) setTimeout(begin, 0);
  else inNextTurn(begin);
}

/**
 * Calls `each` with every item, in slices of about half a millisecond, or as long as everything else
 * took between two slices. Between slices everything else that is due can run. The same holds at the
 * end, unless the last slice took less than a quarter of a millisecond, so that the caller can begin
 * another slice at once. Finding the next item is part of a step.
 *
 * Several tasks share the slices: a slice is of one task after another, and a task that begins waits
 * for those that wait already.
 *
 * @param now returns the time in milliseconds
 */
export async function inTurns<T>(
  items: Iterable<T>,
  each: (item: T) => void,
  now: () => number = () => performance.now(),
): Promise<void> {
  const takeTurn = async (rests: boolean) => {
    await untilSlice(rests);
    const time = now();
    const othersMs = rests ? 0 : time - endedAt;
    sliceEndsAt ??= time + Math.min(Math.max(othersMs, SLICE_MS), MAX_SLICE_MS);
    return time;
  };
  const hasWaited = isLongWorkDue();
  let start = hasWaited ? await takeTurn(false) : now();
  if (!hasWaited) sliceEndsAt = start + SLICE_MS;
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
    if (sliceEndsAt !== undefined && time < sliceEndsAt) continue;
    endedAt = time;
    lookedAt = start = await takeTurn(mayRest());
  }
  endedAt = now();
  const time = endedAt - start < SLICE_MS / 2 ? endedAt : await takeTurn(mayRest());
  // The next task takes the rest of the slice.
  if (sliceEndsAt !== undefined && time < sliceEndsAt) waiting.shift()?.();
}
