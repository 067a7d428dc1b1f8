/** A longer timer would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Calls `callback` once, after `ms`. @returns a function that cancels the call
 *
 * For short commands: in newer Deno the first `setTimeout` or `clearTimeout` loads `node:timers`, a
 * tenth of the processor time of a cold `publish` (`deno task bench --only cold`). A cancelled
 * timer stays in memory until its time, so do not use one for every event.
 */
export function after(ms: number, callback: () => void): () => void {
  const signal = AbortSignal.timeout(Math.min(Math.max(0, Math.ceil(ms)), MAX_TIMER_MS));
  signal.addEventListener("abort", callback, { once: true });
  return () => signal.removeEventListener("abort", callback);
}
