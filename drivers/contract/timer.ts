/** A timer that is to run for longer ends at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Calls back once, after `ms`; returns what stops it.
 *
 * For what a short command needs: in newer Deno the first `setTimeout` or `clearTimeout` loads
 * `node:timers`, a tenth of the processor time of a cold `publish` (`deno task bench --only cold`).
 * One that is stopped stays in memory until its time, so it is not for every event.
 */
export function after(ms: number, callback: () => void): () => void {
  const signal = AbortSignal.timeout(Math.min(Math.max(0, Math.ceil(ms)), MAX_TIMER_MS));
  signal.addEventListener("abort", callback, { once: true });
  return () => signal.removeEventListener("abort", callback);
}
