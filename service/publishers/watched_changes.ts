import type { NbDbDriver, TableChange, WatchTableOptions } from "../../drivers/contract/db.ts";
import { messageOf } from "../../drivers/contract/errors.ts";
import { type SleepClock, waitFor } from "../../drivers/contract/waiting.ts";

/** Options of {@linkcode changesOf}. */
export interface ChangesOptions extends WatchTableOptions {
  /** Maximum time to wait for a change, in milliseconds; called before each wait. */
  readonly pollMs: () => number;
  readonly clock: SleepClock;
}

/**
 * The changes of a table, from the watch of its database, and undefined whenever `pollMs` has
 * passed without one. Ends at once without a watch, and after one that fails.
 *
 * @throws the signal's reason on abort
 */
export async function* changesOf(
  db: NbDbDriver,
  table: string,
  { signal, pollMs, clock, ...options }: ChangesOptions,
): AsyncGenerator<TableChange | undefined, void, undefined> {
  using stop = new DisposableStack();
  const stopping = stop.adopt(new AbortController(), (each) => each.abort());
  const either = AbortSignal.any([signal, stopping.signal]);
  const changes = db.watch?.(table, { ...options, signal: either })[Symbol.asyncIterator]();
  let next: Promise<IteratorResult<TableChange, unknown>> | undefined;
  while (changes !== undefined) {
    next ??= changes.next().catch(interruption);
    const bounds = { timeoutMs: pollMs(), signal, clock };
    const result = await waitFor(next, bounds, () => undefined);
    if (result !== undefined) next = undefined;
    if (result?.done) {
      if (result.value !== undefined) yield result.value as TableChange;
      return;
    }
    yield result?.value;
  }
}

/** The last change of a watch that has failed. */
function interruption(error: unknown): IteratorReturnResult<TableChange> {
  return { done: true, value: { kind: "interrupted", reason: messageOf(error) } };
}
