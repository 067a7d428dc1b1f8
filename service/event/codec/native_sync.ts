import { type DbUpdate, dbUpdate } from "../db_update.ts";

/** No `sync` of the original has a value, and every receiver of the original ignores the one it has. */
const NATIVE = "native";

/**
 * The `sync` that tells nodes of the original to read everything again. They do not notice losses;
 * nodes with our session are not sent it.
 *
 * @param topic the topic that it is sent under
 */
export function nativeSync(topic: string): DbUpdate {
  return dbUpdate({ table: null, key: null, action: "sync", value: NATIVE, topic });
}
