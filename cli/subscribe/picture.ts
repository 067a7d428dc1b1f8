import type { DbUpdate } from "../../service/event/db_update.ts";
import { INITIAL, SYNCED } from "../../service/node/tables/picture_marks.ts";

/** Whether it is part of the first picture, not an event. */
export function isOfPicture({ action }: DbUpdate): boolean {
  return action === INITIAL || action === SYNCED;
}

/** The mark after the first picture as one line of JSON: `{"action":"synced","positions":[…],…}`. */
export function markJson({ action, value, timestamp }: DbUpdate): string {
  const positions = value !== null && typeof value === "object" && "positions" in value
    ? value["positions"]
    : [];
  return JSON.stringify({ action, positions, receivedAt: new Date(timestamp).toISOString() });
}
