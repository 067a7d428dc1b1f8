import { type DbUpdate, dbUpdate, type JsonValue } from "../../event/db_update.ts";
import type { Position } from "../../protocol/position_log.ts";

/** The {@linkcode DbUpdate.action} of a row in the snapshot. Never published. */
export const INITIAL = "initial";
/** The {@linkcode DbUpdate.action} that ends the snapshot. Never published. */
export const SYNCED = "synced";
/**
 * The {@linkcode DbUpdate.action} that ends the differences of a later read; a word of the
 * original.
 */
const SYNC_FINISHED = "sync_finished";

/** A row of the snapshot. */
export function initialRow(row: DbUpdate): DbUpdate {
  return { ...row, action: INITIAL, isOfSnapshot: true };
}

/** The event after the snapshot; its value is `{ positions }`. */
export function syncedMark(positions: readonly Position[], timestamp: number): DbUpdate {
  const value: JsonValue = { positions: positions.map((position) => ({ ...position })) };
  const mark = dbUpdate({ table: null, key: null, action: SYNCED, value, timestamp });
  return { ...mark, isOfSnapshot: true };
}

/** The event after the differences that a `sync` revealed, under the topic of that `sync`. */
export function syncFinishedMark(topic: string, timestamp: number): DbUpdate {
  return dbUpdate({ table: null, key: null, action: SYNC_FINISHED, topic, timestamp });
}
