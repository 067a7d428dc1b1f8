import { inNextTurn } from "../../drivers/contract/next_turn.ts";

/** Counts the event loop turns that other tasks get while some work runs. */
export async function countTurns(work: () => Promise<unknown>): Promise<number> {
  let turns = 0;
  let isRunning = true;
  const count = () => {
    turns++;
    if (isRunning) inNextTurn(count);
  };
  inNextTurn(count);
  try {
    await work();
  } finally {
    isRunning = false;
  }
  return turns;
}

/**
 * From now on each reading of the time advances it by one millisecond. Long work then yields
 * equally often on every machine.
 */
export function advanceOnEachReading(): Disposable {
  const now = performance.now;
  let time = 0;
  performance.now = () => ++time;
  return { [Symbol.dispose]: () => void (performance.now = now) };
}
