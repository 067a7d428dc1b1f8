import { type JsonValue, ROW_ACTIONS } from "../db_update.ts";
import { type EventStamp, STAMP_NAMES, stampOf } from "./event_stamp.ts";
import { parseJson } from "./exact_json.ts";
import { ABSENT, EventFields, FIELD_NAMES, type FieldMark, NIL, OTHER } from "./event_fields.ts";
import { checkJsonValue, isJsonObject, type JsonObject } from "./json_value.ts";
import { MsgpackScanner } from "./msgpack_scanner.ts";
import { utf8Length, utf8Text } from "../../../drivers/contract/utf8.ts";
import type { WireFields } from "./wire_fields.ts";
import { excerpt, WireError } from "./wire_error.ts";

const scanner = new MsgpackScanner();
const fields = new EventFields();

const EVENT_LEVEL = 1;

/**
 * Reads the fields of a payload of the `json` format. Unknown names are ignored, and if a name
 * occurs twice, the last one counts. `__proto__` is a name like any other, as `JSON.parse` makes it
 * an own property.
 *
 * @throws {WireError}
 */
export function readJsonPayload(payload: Uint8Array): WireFields {
  const document = readDocument(stringIn(payload));
  for (const [field, name] of FIELD_NAMES.entries()) fields.set(field, markOf(document, name));
  fields.check(ROW_ACTIONS.has(textOrNull(document["action"]) ?? ""));
  return {
    table: textOrNull(document["table"]),
    key: textOrNull(document["key"]),
    action: textOrNull(document["action"]) ?? "",
    value: document["value"] ?? null,
    topic: textOrNull(document["topic"]),
    stamp: stampIn(document),
  };
}

function stampIn(document: JsonObject): EventStamp | undefined {
  const [publisher, epoch, seq, sent] = STAMP_NAMES;
  if (!STAMP_NAMES.every((name) => Object.hasOwn(document, name))) return undefined;
  return stampOf(document[publisher], document[epoch], document[seq], document[sent]);
}

function stringIn(payload: Uint8Array): string {
  scanner.open(payload);
  const size = scanner.text();
  scanner.finish();
  scanner.release();
  return utf8Text(payload, scanner.textStart, scanner.textStart + size);
}

function readDocument(text: string): JsonObject {
  const document = parse(text);
  checkJsonValue(document, EVENT_LEVEL);
  if (isJsonObject(document)) return document;
  const message = `Payload "json": ${excerpt(text)}, wanted one JSON object`;
  throw new WireError("NOT_AN_EVENT", message);
}

function parse(text: string): unknown {
  try {
    return parseJson(text);
  } catch (cause) {
    if (cause instanceof WireError) throw cause;
    const message = `Payload "json": ${excerpt(text)} is not JSON, wanted one JSON object`;
    throw new WireError("JSON_INVALID", message, { cause });
  }
}

function markOf(document: JsonObject, name: string): FieldMark {
  if (!Object.hasOwn(document, name)) return ABSENT;
  const value: JsonValue | undefined = document[name];
  if (typeof value === "string") return utf8Length(value);
  return value === null ? NIL : OTHER;
}

/**
 * Undefined unless it is a string; {@linkcode EventFields.check} has checked this before it
 * matters.
 */
function textOrNull(value: JsonValue | undefined): string | null {
  return typeof value === "string" ? value : null;
}
