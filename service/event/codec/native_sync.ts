import { type DbUpdate, dbUpdate } from "../db_update.ts";

/** A value that no `sync` of the original has, and that every receiver of the original ignores. */
const NATIVE = "native";

/**
 * The `sync` that makes nodes of the original read everything again, as they do not notice losses.
 * Nodes with our session do not get it.
 *
 * @param topic the topic under which it is sent
 */
export function nativeSync(topic: string): DbUpdate {
  return dbUpdate({ table: null, key: null, action: "sync", value: NATIVE, topic });
}
