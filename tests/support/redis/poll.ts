import { setTimeout as pause } from "node:timers/promises";

const TIMEOUT_MS = 30_000;
const PAUSE_MS = 50;

/** Options of {@linkcode poll}. */
export interface PollOptions {
  /** @default 30 s, reached only by failing tests */
  readonly timeoutMs?: number;
  /** Detail for the error message: the last lines of the servers' logs. */
  readonly detail?: () => string;
}

/**
 * Calls a probe, with short pauses, until it returns a value, and returns that value. `undefined`
 * and an error both mean "not yet".
 * @param what the awaited state, for the error message
 * @throws {Error} on timeout; its cause is the error of the last probe
 */
export async function poll<T>(
  what: string,
  probe: () => Promise<T | undefined>,
  { timeoutMs = TIMEOUT_MS, detail = () => "" }: PollOptions = {},
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  let cause: unknown;
  do {
    try {
      const answer = await probe();
      if (answer !== undefined) return answer;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    await pause(PAUSE_MS);
  } while (performance.now() < deadline);
  throw new Error(`timeout after ${timeoutMs} ms: ${what}\n${detail()}`, { cause });
}
