import { stringifyJson } from "../../service/event/codec/exact_json.ts";
import { type DbUpdate, type EventOrigin, isKnownAction } from "../../service/event/db_update.ts";
import { INITIAL, SYNCED } from "../../service/node/tables/snapshot_marks.ts";
import { oneLine } from "../terminal/log.ts";

/** The names that {@linkcode eventJson} adds to an event; `publish --stdin` ignores them. */
export const ADDED_NAMES = [
  "receivedAt",
  "position",
  "publisher",
  "epoch",
  "seq",
  "sentAt",
  "unknownAction",
] as const;

/**
 * An event as one line of JSON, which `publish --stdin` reads as the same event. `receivedAt` and
 * `sentAt` are in ISO 8601. `position` exists only on a broker that keeps events; `publisher`,
 * `epoch`, `seq` and `sentAt` only if the publisher numbers events; `unknownAction` only if the
 * action is unknown.
 */
export function eventJson(
  { topic, table, key, action, value, timestamp, position, origin }: DbUpdate,
): string {
  const write = value === null || typeof value === "string" ? JSON.stringify : stringifyJson;
  return write({
    ...{ topic, table, key, action, value },
    receivedAt: received.text(timestamp),
    position,
    publisher: origin?.publisher,
    epoch: origin?.epoch,
    seq: origin?.seq,
    sentAt: origin === undefined ? undefined : microsText(origin),
    unknownAction: isOurs(action) ? undefined : true,
  });
}

/**
 * Formats milliseconds in ISO 8601. Events that arrive together have the same time, so the last
 * text is cached.
 */
class TimeText {
  #millis = NaN;
  #text = "";

  text(millis: number): string {
    if (millis === this.#millis) return this.#text;
    this.#text = new Date(millis).toISOString();
    this.#millis = millis;
    return this.#text;
  }
}

const received = new TimeText();
const sent = new TimeText();

function microsText({ sentAt }: EventOrigin): string {
  const micros = String(sentAt % 1000).padStart(3, "0");
  return sent.text(Math.floor(sentAt / 1000)).replace("Z", `${micros}Z`);
}

/** An event as one line of text, cut to the width of the terminal. */
export function eventText(update: DbUpdate, columns: number): string {
  const { topic, table, key, action, value, timestamp } = update;
  const time = new Date(timestamp).toISOString().slice(11, 23);
  const mark = isOurs(action) ? "" : "?";
  const row = [table ?? "-", key ?? "-"].join(" ");
  const shown = value === null ? "" : typeof value === "string" ? value : stringifyJson(value);
  const line = oneLine(`${time} ${topic} ${action}${mark} ${row} ${shown}`).trimEnd();
  return line.length <= columns ? line : `${line.slice(0, columns - 1)}…`;
}

function isOurs(action: string): boolean {
  return isKnownAction(action) || action === INITIAL || action === SYNCED;
}
