import { DbKeyNotFound } from "../../drivers/contract/errors.ts";
import type { DbUpdateInit } from "../event/db_update.ts";

/** The part of an event that says what a row is now. */
type RowState = Required<Pick<DbUpdateInit, "action" | "value">>;

/** A row that changes more often has a writer, and the events of that writer follow. */
const MAX_EVENTS = 10;

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
  for (let events = 0; events < MAX_EVENTS; events++) {
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
