import { type DbUpdate, dbUpdate } from "../db_update.ts";

/** No `sync` of the original has a value, and every receiver of the original ignores the one it has. */
const NATIVE = "native";

/**
 * The `sync` that tells nodes of the original, which notice no loss, to read everything anew. Nodes
 * that track positions heal themselves and leave it alone: {@linkcode isNativeSync}.
 *
 * @param topic who hears it
 */
export function nativeSync(topic: string): DbUpdate {
  return dbUpdate({ table: null, key: null, action: "sync", value: NATIVE, topic });
}

/**
 * Whether an update is a {@linkcode nativeSync} of a publisher that numbers its events: whoever
 * tracks positions has what it stands for already, or asks for just that.
 */
export function isNativeSync(update: DbUpdate): boolean {
  return update.action === "sync" && update.value === NATIVE && update.origin !== undefined;
}
