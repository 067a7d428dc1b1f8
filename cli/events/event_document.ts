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
      lastDocument = parseJson(value);
    } catch {
      lastDocument = undefined;
    }
  }
  return lastDocument;
}
