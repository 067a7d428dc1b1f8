/** Resolves after a delay. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Options of {@linkcode until}. */
export interface UntilOptions {
  /** The awaited state, for the error message. */
  readonly what: string;
  /** @default 15000 */
  readonly timeoutMs?: number;
}

const POLL_INTERVAL_MS = 20;

/** Waits until the condition holds. @throws {Error} on timeout, with the awaited state */
export async function until(
  holds: () => boolean | Promise<boolean>,
  { what, timeoutMs = 15_000 }: UntilOptions,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`After ${timeoutMs} ms still not: ${what}`);
    await sleep(POLL_INTERVAL_MS);
  }
}
