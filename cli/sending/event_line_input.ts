import { parseUnchangedJson } from "../../service/event/codec/exact_json.ts";
import { FIELD_NAMES } from "../../service/event/codec/event_fields.ts";
import { isJsonObject, type JsonObject } from "../../service/event/codec/json_value.ts";
import { didYouMean, nearest } from "../../service/config/edit_distance.ts";
import {
  type DbUpdate,
  dbUpdate,
  type JsonValue,
  ROW_ACTIONS,
} from "../../service/event/db_update.ts";
import { INITIAL, SYNCED } from "../../service/node/tables/snapshot_marks.ts";
import { ADDED_NAMES } from "../events/event_json.ts";
import { counted } from "../terminal/quantities.ts";

/** The event in a line of input. */
export interface ParsedLine {
  readonly update: DbUpdate;
  /** Everything in the line, as JSON has it. */
  readonly fields: JsonObject;
  /** A warning about an unknown name, at its first occurrence. */
  readonly warning?: string;
}

const KNOWN_NAMES: ReadonlySet<string> = new Set([...FIELD_NAMES, ...ADDED_NAMES]);
/** Maximum number of warnings, since an input may have any number of unknown names. */
const MAX_WARNINGS = 16;

/** A line may be larger than its event, since JSON spells a control character with six. */
export function maxLineBytes(maxEventBytes: number): number {
  return 8 * maxEventBytes;
}

/**
 * The event in a line of JSON, with every number unchanged.
 *
 * @param ignored names for which there was a warning; new ones are added
 * @throws {Error} for a line that is not an event, or with a number that would be changed
 */
export function parseEventLine(text: string, ignored: Set<string>): ParsedLine {
  const event: JsonValue = JSON.parse(text);
  if (!isJsonObject(event)) {
    throw new TypeError(`wanted an object {"table", "key", "action", "value", "topic"}`);
  }
  const warning = unknownName(event, ignored);
  const update = toUpdate(
    mayHoldNumbers(event) ? parseUnchangedJson(text, event) as JsonObject : event,
  );
  return warning === undefined ? { update, fields: event } : { update, fields: event, warning };
}

/**
 * Whether the line is a row of a snapshot or the mark after it, instead of an event. An event from
 * the network with such an action is marked as unknown.
 */
export function isSnapshotLine({ action, unknownAction }: JsonObject): boolean {
  return (action === INITIAL || action === SYNCED) && unknownAction !== true;
}

/** The message about lines of a snapshot that are not published. */
export function skippedText(lines: number): string {
  return `skipped ${counted(lines, "line")} of a snapshot: they are rows of tables, not events`;
}

/**
 * Whether the value may contain numbers; most values are text, and other fields contain no numbers.
 */
function mayHoldNumbers({ value = null }: JsonObject): boolean {
  return typeof value === "number" || typeof value === "object" && value !== null;
}

function toUpdate(fields: JsonObject): DbUpdate {
  const action = text(fields["action"], "action", "a string");
  if (action === null) throw new TypeError(`"action": missing, wanted a string`);
  const table = text(fields["table"], "table");
  const key = text(fields["key"], "key");
  const missing = !table ? "table" : !key ? "key" : undefined;
  if (missing !== undefined && ROW_ACTIONS.has(action)) {
    throw new TypeError(`"${missing}" is required for action "${action}"`);
  }
  const { value = null, topic } = fields;
  return dbUpdate({ table, key, action, value, topic: text(topic, "topic") });
}

function text(
  value: JsonValue | undefined,
  name: string,
  wanted = "a string or null",
): string | null {
  if (value === undefined) return null;
  if (value === null || typeof value === "string") return value;
  const is = typeof value === "object" ? "an array or an object" : `a ${typeof value}`;
  throw new TypeError(`"${name}": ${is}, wanted ${wanted}`);
}

/** @throws {TypeError} for a name that is probably a misspelled field of an event */
function unknownName(fields: JsonObject, ignored: Set<string>): string | undefined {
  for (const name in fields) {
    if (KNOWN_NAMES.has(name) || ignored.has(name)) continue;
    const shown = JSON.stringify(name.length <= 40 ? name : `${name.slice(0, 39)}…`);
    const meant = name.length <= 40 ? nearest(name, FIELD_NAMES) : undefined;
    if (meant !== undefined && !Object.hasOwn(fields, meant)) {
      throw new TypeError(`unknown name ${shown}; did you mean "${meant}"?`);
    }
    if (ignored.size >= MAX_WARNINGS) continue;
    ignored.add(name);
    const hint = name.length <= 40 ? didYouMean(name, KNOWN_NAMES) : "";
    return `unknown name ${shown} is ignored, here and in later lines${hint}`;
  }
  return undefined;
}
