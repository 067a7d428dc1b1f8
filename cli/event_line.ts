import { type DbUpdate, type EventOrigin, isKnownAction } from "../service/db_update.ts";
import { INITIAL, SYNCED } from "../service/tables/picture_marks.ts";
import { oneLine } from "./log.ts";

/**
 * An event as one line of JSON; fed back to `publish --stdin` it is the same event again.
 * `receivedAt` and `sentAt` are in ISO 8601; `position` is there only on a broker that keeps events,
 * `publisher`, `epoch`, `seq` and `sentAt` only when its publisher numbers events, `unknownAction`
 * only when the action is not a known one.
 */
export function eventJson(
  { topic, table, key, action, value, timestamp, position, origin }: DbUpdate,
): string {
  const receivedAt = new Date(timestamp).toISOString();
  const unknown = isOurs(action) ? {} : { unknownAction: true };
  const from = origin === undefined ? {} : originFields(origin);
  return JSON.stringify({
    ...{ topic, table, key, action, value, receivedAt, position },
    ...from,
    ...unknown,
  });
}

function originFields({ publisher, epoch, seq, sentAt }: EventOrigin) {
  const micros = String(sentAt % 1000).padStart(3, "0");
  const millis = new Date(Math.floor(sentAt / 1000)).toISOString();
  return { publisher, epoch, seq, sentAt: millis.replace("Z", `${micros}Z`) };
}

/** An event as one line for people, cut to the width of the terminal. */
export function eventText(update: DbUpdate, columns: number): string {
  const { topic, table, key, action, value, timestamp } = update;
  const time = new Date(timestamp).toISOString().slice(11, 23);
  const mark = isOurs(action) ? "" : "?";
  const row = [table ?? "-", key ?? "-"].join(" ");
  const shown = value === null ? "" : typeof value === "string" ? value : JSON.stringify(value);
  const line = oneLine(`${time} ${topic} ${action}${mark} ${row} ${shown}`).trimEnd();
  return line.length <= columns ? line : `${line.slice(0, columns - 1)}…`;
}

function isOurs(action: string): boolean {
  return isKnownAction(action) || action === INITIAL || action === SYNCED;
}
