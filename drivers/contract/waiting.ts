import { kindOf, requireOptions } from "./argument.ts";

/** The bounds of a call that waits: a timeout, a signal, or both. */
export interface WaitOptions {
  /** Maximum time to wait, in milliseconds; `Infinity` for no limit. */
  readonly timeoutMs?: number;
  /** Aborts the wait with its reason. */
  readonly signal?: AbortSignal;
}

/** Refuses options of a wait whose signal or timeout has the wrong type. @throws {TypeError} */
export function requireWaitOptions(
  name: string,
  options: { readonly signal?: unknown; readonly timeoutMs?: unknown },
): void {
  // An `AbortController` has a signal, too.
  if (kindOf(options) !== "AbortController") requireOptions(name, options, "{ signal }");
  const { signal, timeoutMs } = options;
  if (signal !== undefined && kindOf(signal) !== "AbortSignal") {
    throw new TypeError(`${name} "signal": ${kindOf(signal)}, wanted an AbortSignal`);
  }
  if (timeoutMs !== undefined && (typeof timeoutMs !== "number" || Number.isNaN(timeoutMs))) {
    throw new TypeError(`${name} "timeoutMs": ${kindOf(timeoutMs)}, wanted a number`);
  }
}

/** The bounds of {@linkcode waitFor}. */
export interface WaitBounds {
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Measures the time. It is injected, so that tests never wait. @default a timer */
  readonly clock?: SleepClock | undefined;
}

/** The part of a clock that a wait needs. */
export interface SleepClock {
  /** Resolves after `ms`, or rejects with the signal's reason on abort. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** A {@linkcode SleepClock} that also reads the time. */
export interface MonotonicClock extends SleepClock {
  /** Milliseconds that never go back. */
  monotonic(): number;
}

/** A longer timer would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Resolves after `ms`, but at most 24 days, or rejects with the signal's reason. The function of
 * `node:timers/promises` never rejects on an abort in Deno 2.4.
 */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, Math.min(ms, MAX_TIMER_MS));
  return waitFor(promise, { signal }).finally(() => clearTimeout(timer));
}

/** The clock of this process. */
export const monotonicClock: MonotonicClock = { monotonic: () => performance.now(), sleep };

/**
 * Resolves true after `ms`, or false as soon as the signal aborts.
 *
 * @param clock measures the time. It is injected, so that tests never wait. @default a timer
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
 * The result of `promise`, or undefined as soon as the signal aborts. A later failure of the
 * promise is ignored.
 *
 * @throws the errors of `promise`
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
 * The result of `promise` if it settles within the bounds. The work of the promise continues, and a
 * later failure of it is ignored.
 *
 * @param late returns a result, or throws, when the time has expired. @default throws a
 * `TimeoutError`
 * @throws the signal's reason on abort, and the errors of `promise`
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
  throw new DOMException("The timeout has expired", "TimeoutError");
}

/** Starts a timer. @returns a function that stops it */
function startTimer(ms: number, onEnd: () => void, clock?: SleepClock): () => void {
  if (clock === undefined) {
    const timer = setTimeout(onEnd, Math.min(ms, MAX_TIMER_MS));
    return () => clearTimeout(timer);
  }
  const stop = new AbortController();
  clock.sleep(ms, stop.signal).then(onEnd, () => {});
  return () => stop.abort();
}
