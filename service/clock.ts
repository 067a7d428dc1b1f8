/** Time, as the service needs it; injected so that tests never wait. */
export interface Clock {
  /** Wall-clock milliseconds since 1970: for what is written down. May jump. */
  now(): number;
  /** Milliseconds that never go back: for durations and limits. */
  monotonic(): number;
  /** Resolves after `ms`, but at most 24 days, or rejects with the signal's reason. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** A timer that is to run for longer ends at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** The real time. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep(ms, signal) {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const onAbort = () => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener("abort", onAbort);
        resolve();
      }, Math.min(ms, MAX_TIMER_MS));
      signal?.addEventListener("abort", onAbort, { once: true });
    });
  },
};
