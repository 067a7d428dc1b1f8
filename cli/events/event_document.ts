import { isTooDeep } from "../../service/event/codec/json_value.ts";
import { parseJson } from "../../service/event/codec/exact_json.ts";
import type { JsonValue } from "../../service/event/db_update.ts";

let lastText: string | undefined;
let lastDocument: JsonValue | undefined;

/**
 * The value itself, or the JSON in a text; undefined for another text. Several paths of one event
 * parse it once.
 */
export function documentOf(value: JsonValue | undefined): JsonValue | undefined {
  if (typeof value !== "string") return value;
  if (value !== lastText) {
    lastText = value;
    try {
      const document = parseJson(value);
      // A text may nest so deeply that it could not be written again.
      lastDocument = isTooDeep(document) ? undefined : document;
    } catch {
      lastDocument = undefined;
    }
  }
  return lastDocument;
}
