import { setTimeout as pause } from "node:timers/promises";

const PATIENCE_MS = 30_000;
const PAUSE_MS = 50;

/** How {@linkcode poll} waits. */
export interface PollOptions {
  /** @default 30 s, which only a failing test waits for */
  readonly patienceMs?: number;
  /** What a failure shows besides: the last lines of the servers' logs. */
  readonly detail?: () => string;
}

/**
 * Asks until there is an answer, with short pauses, and gives that.
 * `undefined` and a failure both mean: not yet.
 *
 * @param what is awaited, for the failure
 * @throws {Error} when the patience is over; its cause is what the last question failed with
 */
export async function poll<T>(
  what: string,
  ask: () => Promise<T | undefined>,
  { patienceMs = PATIENCE_MS, detail = () => "" }: PollOptions = {},
): Promise<T> {
  const deadline = performance.now() + patienceMs;
  let cause: unknown;
  do {
    try {
      const answer = await ask();
      if (answer !== undefined) return answer;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    await pause(PAUSE_MS);
  } while (performance.now() < deadline);
  throw new Error(`waited ${patienceMs} ms in vain: ${what}\n${detail()}`, { cause });
}
