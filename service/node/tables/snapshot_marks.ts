import { type DbUpdate, dbUpdate, type JsonValue } from "../../event/db_update.ts";
import type { Position } from "../../protocol/position_log.ts";

/** A row of the snapshot, as {@linkcode DbUpdate.action}. Never published. */
export const INITIAL = "initial";
/** The end of the snapshot, as {@linkcode DbUpdate.action}. Never published. */
export const SYNCED = "synced";
/** The end of a later one, of which the differences were handed on. The original knows the word. */
export const SYNC_FINISHED = "sync_finished";

/** The mark after the snapshot; its value is `{ positions }`. */
export function syncedMark(positions: readonly Position[], timestamp: number): DbUpdate {
  const value: JsonValue = { positions: positions.map((position) => ({ ...position })) };
  return dbUpdate({ table: null, key: null, action: SYNCED, value, timestamp });
}

/** The mark after the differences that a `sync` found, under the topic of that `sync`. */
export function syncFinishedMark(topic: string, timestamp: number): DbUpdate {
  return dbUpdate({ table: null, key: null, action: SYNC_FINISHED, topic, timestamp });
}
