import type { NbDbDriver } from "../../drivers/contract/db.ts";
import { DbKeyNotFound } from "../../drivers/contract/errors.ts";
import { type DbUpdate, ROW_ACTIONS } from "./db_update.ts";

/** Actions without a row's value. */
const WITHOUT_VALUE: ReadonlySet<string> = new Set(["delete", "log"]);

/** Whether an event is about a row but lacks its value. */
export function lacksValue(
  update: DbUpdate,
): update is DbUpdate & { readonly table: string; readonly key: string } {
  const { table, key, action, value } = update;
  return value === null && table !== null && key !== null && !WITHOUT_VALUE.has(action);
}

/**
 * Adds the value of the row to an event that lacks it; the original's first release sends such
 * events. If the row is gone, the result is undefined for an event that says the state of the row,
 * since its deletion follows, and any other event as it is.
 *
 * @throws {DbUnavailable}
 */
export async function withValue(
  update: DbUpdate,
  db: Pick<NbDbDriver, "get">,
): Promise<DbUpdate | undefined> {
  if (!lacksValue(update)) return update;
  const { table, key, action } = update;
  try {
    return { ...update, value: await db.get(table, key) };
  } catch (error) {
    if (error instanceof DbKeyNotFound) return ROW_ACTIONS.has(action) ? undefined : update;
    throw error;
  }
}
