/** How a waiting call is bounded: by time, by a signal, or both. */
export interface WaitOptions {
  /** Maximum time to wait, in milliseconds; `Infinity` for as long as it takes. */
  readonly timeoutMs?: number;
  /** Ends the wait when aborted, with its reason. */
  readonly signal?: AbortSignal;
}

/** The bounds of {@linkcode waitFor}. */
export interface WaitBounds {
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Measures the time; injected so that tests never wait. @default a timer */
  readonly clock?: SleepClock | undefined;
}

/** The part of a clock that a wait needs. */
export interface SleepClock {
  /** Resolves after `ms`, or rejects with the reason of the signal when it aborts before. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** A {@linkcode SleepClock} that also tells the time. */
export interface MonotonicClock extends SleepClock {
  /** Milliseconds that never go back. */
  monotonic(): number;
}

/** A timer that is to run for longer ends at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Resolves after `ms`, but at most 24 days, or rejects with the signal's reason. That of
 * `node:timers/promises` never rejects on an abort in Deno 2.4.
 */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, Math.min(ms, MAX_TIMER_MS));
  return waitFor(promise, { signal }).finally(() => clearTimeout(timer));
}

/** The real time. */
export const monotonicClock: MonotonicClock = { monotonic: () => performance.now(), sleep };

/**
 * Resolves true after `ms`, or false as soon as the signal aborts.
 *
 * @param clock measures the time; injected so that tests never wait. @default a timer
 */
export function pause(ms: number, signal: AbortSignal, clock?: SleepClock): Promise<boolean> {
  return (clock ?? monotonicClock).sleep(ms, signal).then(
    () => true,
    (error) => {
      if (signal.aborted) return false;
      throw error;
    },
  );
}

/**
 * The result of `promise`, or undefined as soon as the signal aborts. A later failure of the promise
 * is ignored.
 *
 * @throws what `promise` rejects with
 */
export async function untilAborted<T>(
  promise: Promise<T>,
  signal: AbortSignal,
): Promise<T | undefined> {
  try {
    return await waitFor(promise, { signal });
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  }
}

/**
 * The result of `promise`, if it settles within the bounds. The promise itself goes on, and a later
 * failure of it is ignored.
 *
 * @param late makes the result, or throws, when the time is over. @default throws a `TimeoutError`
 * @throws the reason of the signal when it aborts, and what `promise` rejects with
 */
export function waitFor<T>(
  promise: Promise<T>,
  { timeoutMs, signal, clock }: WaitBounds,
  late: () => T = timedOut,
): Promise<T> {
  const isBounded = timeoutMs !== undefined && timeoutMs !== Infinity;
  if (!isBounded && signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      promise.catch(() => {});
      return reject(signal.reason);
    }
    const onLate = () => settle(() => resolve(late()));
    const onAbort = () => settle(() => reject(signal?.reason));
    const stopTimer = isBounded ? startTimer(timeoutMs, onLate, clock) : undefined;
    const settle = (finish: () => void) => {
      stopTimer?.();
      signal?.removeEventListener("abort", onAbort);
      try {
        finish();
      } catch (error) {
        reject(error);
      }
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    promise.then(
      (value) => settle(() => resolve(value)),
      (error) => settle(() => reject(error)),
    );
  });
}

function timedOut(): never {
  throw new DOMException("The time is over", "TimeoutError");
}

/** Returns what stops it. */
function startTimer(ms: number, onEnd: () => void, clock?: SleepClock): () => void {
  if (clock === undefined) {
    const timer = setTimeout(onEnd, Math.min(ms, MAX_TIMER_MS));
    return () => clearTimeout(timer);
  }
  const stop = new AbortController();
  clock.sleep(ms, stop.signal).then(onEnd, () => {});
  return () => stop.abort();
}
