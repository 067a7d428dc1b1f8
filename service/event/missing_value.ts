import type { NbDbDriver } from "../../drivers/contract/db.ts";
import { DbKeyNotFound } from "../../drivers/contract/errors.ts";
import type { DbUpdate } from "./db_update.ts";

/** Actions that carry no row's value: nothing to read for them. */
const WITHOUT_VALUE: ReadonlySet<string> = new Set(["delete", "log"]);

/**
 * The update with the value of its row, which it lacks when a publisher of the original's first
 * release sent it. Undefined when the row is gone, so that its deletion follows.
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
    if (error instanceof DbKeyNotFound) return undefined;
    throw error;
  }
}
