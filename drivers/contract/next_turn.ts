// It is a global of every Deno, but not in the types of every one. Newer ones load a module of
// Node's when it is first used, so it is not touched before.
interface WithImmediate {
  setImmediate(callback: () => void): void;
}

/** Calls `callback` when everything else that is due has had its turn, and that is at once. */
export function inNextTurn(callback: () => void): void {
  (globalThis as unknown as WithImmediate).setImmediate(callback);
}

/** Resolves then. A timer of no time would take a millisecond. */
export function nextTurn(): Promise<void> {
  return new Promise(inNextTurn);
}
