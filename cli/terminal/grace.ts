/** A signal that follows another one after a while, unless disposed before. */
export interface Grace extends Disposable {
  readonly signal: AbortSignal;
}

/** What is under way when `signal` aborts gets so much time to end; then it is told to, with `why`. */
export function graceAfter(signal: AbortSignal, ms: number, why: string): Grace {
  const over = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const onAbort = () => timer = setTimeout(() => over.abort(new Error(why)), ms);
  if (signal.aborted) onAbort();
  else signal.addEventListener("abort", onAbort, { once: true });
  const dispose = () => {
    // Without need it would load a module of Node's: see `after`.
    if (timer !== undefined) clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
  };
  return { signal: over.signal, [Symbol.dispose]: dispose };
}
