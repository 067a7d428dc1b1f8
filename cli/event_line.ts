import { type DbUpdate, isKnownAction } from "../service/db_update.ts";
import { oneLine } from "./log.ts";

/**
 * An event as one line of JSON; fed back to `publish --stdin` it is the same event again.
 * `receivedAt` is in ISO 8601; `position` is there only
 * on a broker that keeps events, `unknownAction` only when the action is not a known one.
 */
export function eventJson(
  { topic, table, key, action, value, timestamp, position }: DbUpdate,
): string {
  const receivedAt = new Date(timestamp).toISOString();
  const unknown = isKnownAction(action) ? {} : { unknownAction: true };
  return JSON.stringify({ topic, table, key, action, value, receivedAt, position, ...unknown });
}

/** An event as one line for people, cut to the width of the terminal. */
export function eventText(update: DbUpdate, columns: number): string {
  const { topic, table, key, action, value, timestamp } = update;
  const time = new Date(timestamp).toISOString().slice(11, 23);
  const mark = isKnownAction(action) ? "" : "?";
  const row = [table ?? "-", key ?? "-"].join(" ");
  const shown = value === null ? "" : typeof value === "string" ? value : JSON.stringify(value);
  const line = oneLine(`${time} ${topic} ${action}${mark} ${row} ${shown}`).trimEnd();
  return line.length <= columns ? line : `${line.slice(0, columns - 1)}…`;
}
