import { inNextTurn } from "../../drivers/contract/next_turn.ts";

/** Counts the turns of the event loop that others have while some work runs. */
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
 * From now on a millisecond passes whenever the time is looked at, however fast the machine is, so
 * that long work gives a turn as often as it looks.
 */
export function everyLookTakesAMillisecond(): Disposable {
  const now = performance.now;
  let time = 0;
  performance.now = () => ++time;
  return { [Symbol.dispose]: () => void (performance.now = now) };
}
