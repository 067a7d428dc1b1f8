import type { NbDbDriver } from "../../drivers/contract/db.ts";
import { DbKeyNotFound } from "../../drivers/contract/errors.ts";
import { type DbUpdate, ROW_ACTIONS } from "./db_update.ts";

/** Actions without a row's value. */
const WITHOUT_VALUE: ReadonlySet<string> = new Set(["delete", "log"]);

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
  const { table, key, action, value } = update;
  if (value !== null || table === null || key === null || WITHOUT_VALUE.has(action)) return update;
  try {
    return { ...update, value: await db.get(table, key) };
  } catch (error) {
    if (error instanceof DbKeyNotFound) return ROW_ACTIONS.has(action) ? undefined : update;
    throw error;
  }
}
