import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";

/** Only a failing test waits for so long, however loaded the machine is. */
const PATIENCE_MS = 30_000;
const LOOK_EVERY_MS = 20;

/** What `read` gives as soon as it holds; fails when it does not in time. */
export async function eventually<T>(
  read: () => T | Promise<T>,
  holds: (value: T) => boolean,
): Promise<T> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const value = await read();
    if (holds(value)) return value;
    assert(performance.now() < deadline, `Waited in vain, got ${JSON.stringify(value)}`);
    await pause(LOOK_EVERY_MS);
  }
}
