import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";

/** Only a failing test waits for this timeout, however loaded the machine is. */
const TIMEOUT_MS = 30_000;
const POLL_INTERVAL_MS = 20;

/**
 * Calls `read` until its result fulfils the condition, and returns that result. Fails on timeout.
 */
export async function eventually<T>(
  read: () => T | Promise<T>,
  holds: (value: T) => boolean,
): Promise<T> {
  const deadline = performance.now() + TIMEOUT_MS;
  for (;;) {
    const value = await read();
    if (holds(value)) return value;
    assert(performance.now() < deadline, `Timeout, the last value is  ${JSON.stringify(value)}`);
    await pause(POLL_INTERVAL_MS);
  }
}
