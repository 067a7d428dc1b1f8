import { DbKeyNotFound } from "../../drivers/contract/errors.ts";
import type { DbUpdateInit } from "../event/db_update.ts";

/** The part of an event that says what a row is now. */
type RowState = Required<Pick<DbUpdateInit, "action" | "value">>;

/**
 * Publishes the current state of a row, and then reads the row again. If it has changed, publishes
 * the new state, since the event of that change may have been published first. Rejects with the
 * errors of both functions.
 */
export async function publishState(
  read: () => Promise<string>,
  publish: (state: RowState) => Promise<void>,
): Promise<void> {
  let value: string | null | undefined;
  while (true) {
    const before = value;
    value = await read().catch(nullIfMissing);
    if (value === before) return;
    await publish({ action: value === null ? "delete" : "set", value });
  }
}

function nullIfMissing(error: unknown): null {
  if (error instanceof DbKeyNotFound) return null;
  throw error;
}
