import { stringifyJson } from "../../service/event/codec/exact_json.ts";
import { type DbUpdate, type EventOrigin, isKnownAction } from "../../service/event/db_update.ts";
import { documentOf } from "./event_document.ts";
import { SYNCED } from "../../service/node/tables/snapshot_marks.ts";

/** The names that {@linkcode eventJson} adds to an event; `publish --stdin` ignores them. */
export const ADDED_NAMES = [
  "receivedAt",
  "position",
  "publisher",
  "epoch",
  "seq",
  "sentAt",
  "syncReason",
  "unknownAction",
  "positions",
] as const;

/**
 * An event as one line of JSON, which `publish --stdin` reads as the same event. `receivedAt` and
 * `sentAt` are in ISO 8601. `position` exists only on a broker that keeps events; `publisher`,
 * `epoch`, `seq` and `sentAt` only if the publisher numbers events; `syncReason` only in a `sync`
 * that this process made; `unknownAction` only if the action is unknown.
 */
export function eventJson(update: DbUpdate): string {
  const { value } = update;
  const write = value === null || typeof value === "string" ? JSON.stringify : stringifyJson;
  return write(membersOf(update));
}

/** How {@linkcode styledJson} differs from {@linkcode eventJson}. */
export interface JsonStyle {
  /** Whether a value that is JSON text becomes that JSON. */
  readonly isNested?: boolean;
  /** Whether the value is left out. */
  readonly isWithoutValue?: boolean;
  /** Blanks of each level; 0 for one line. */
  readonly indent?: number;
}

/** An event as JSON in another style. */
export function styledJson(
  update: DbUpdate,
  { isNested = false, isWithoutValue = false, indent = 0 }: JsonStyle,
): string {
  const members: Record<string, unknown> = { ...membersOf(update) };
  if (isWithoutValue) delete members["value"];
  else if (isNested) members["value"] = documentOf(update.value) ?? update.value;
  return stringifyJson(members, indent);
}

function membersOf(update: DbUpdate): object {
  const { topic, table, key, action, value, timestamp, position, origin, reason } = update;
  if (update.isOfSnapshot && action === SYNCED) return markOf(update);
  return {
    topic,
    table,
    key,
    action,
    value,
    receivedAt: isoTime(timestamp),
    position,
    publisher: origin?.publisher,
    epoch: origin?.epoch,
    seq: origin?.seq,
    sentAt: origin === undefined ? undefined : microsTime(origin),
    syncReason: reason,
    unknownAction: isOurs(update) ? undefined : true,
  };
}

/** The mark after a snapshot: `{"action":"synced","positions":[…],…}`. */
function markOf({ action, value, timestamp }: DbUpdate): object {
  const positions = value !== null && typeof value === "object" && "positions" in value
    ? value["positions"]
    : [];
  return { action, positions, receivedAt: isoTime(timestamp) };
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

/** Milliseconds since 1970 in ISO 8601. */
export function isoTime(millis: number): string {
  return received.text(millis);
}

/** When an event was sent, in ISO 8601 with microseconds. */
export function microsTime({ sentAt }: EventOrigin): string {
  const micros = String(sentAt % 1000).padStart(3, "0");
  return sent.text(Math.floor(sentAt / 1000)).replace("Z", `${micros}Z`);
}

/** Whether the action is of the original, or of a snapshot that this process made. */
export function isOurs({ action, isOfSnapshot }: DbUpdate): boolean {
  return isOfSnapshot === true || isKnownAction(action);
}
