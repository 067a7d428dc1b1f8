/** A signal that aborts some time after another one, unless it is disposed before. */
export interface DelayedAbort extends Disposable {
  readonly signal: AbortSignal;
}

/**
 * A signal that aborts with `why`, `ms` milliseconds after `signal`: pending work may end in
 * between.
 */
export function abortAfter(signal: AbortSignal, ms: number, why: string): DelayedAbort {
  const over = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const onAbort = () => timer = setTimeout(() => over.abort(new Error(why)), ms);
  if (signal.aborted) onAbort();
  else signal.addEventListener("abort", onAbort, { once: true });
  const dispose = () => {
    // Called without need, it would load a module of Node's: see `after`.
    if (timer !== undefined) clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
  };
  return { signal: over.signal, [Symbol.dispose]: dispose };
}
