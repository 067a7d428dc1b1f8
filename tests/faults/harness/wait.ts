/** Resolves after so long. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** How {@linkcode until} waits. */
export interface UntilOptions {
  /** What is waited for, for the failure. */
  readonly what: string;
  /** @default 15000 */
  readonly timeoutMs?: number;
}

const POLL_INTERVAL_MS = 20;

/** Waits until it holds. @throws {Error} naming what did not come to hold in time */
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
