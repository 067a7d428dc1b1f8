import type { JsonValue } from "../db_update.ts";
import { isJsonArray, isJsonObject } from "./json_value.ts";

/**
 * Writes JSON text as Python does: with ", " and ": " as separators, and with everything beyond
 * printable ASCII escaped. The value must have passed {@linkcode checkJsonValue}.
 *
 * Numbers keep their kind. A whole number that a double does not hold exactly is written as a float
 * (`1e+300`, not 301 digits), and so is negative zero.
 */
export function jsonText(value: JsonValue): string {
  if (typeof value === "string") return quote(value);
  if (typeof value === "number" || typeof value === "bigint") return numberText(value);
  if (typeof value === "boolean" || value === null) return String(value);
  if (isJsonArray(value)) return `[${value.map(jsonText).join(", ")}]`;
  return isJsonObject(value) ? objectText(Object.entries(value)) : "null";
}

/** Writes an object whose names have the given order. */
export function objectText(entries: Iterable<readonly [name: string, value: JsonValue]>): string {
  const members = Array.from(entries, ([name, value]) => `${quote(name)}: ${jsonText(value)}`);
  return `{${members.join(", ")}}`;
}

/**
 * Writes a number as JSON. A whole number beyond ±2^53 is written as a float unless it is a bigint,
 * and negative zero keeps its sign.
 */
export function numberText(value: number | bigint): string {
  if (typeof value === "bigint") return String(value);
  if (Object.is(value, -0)) return "-0.0";
  return Number.isInteger(value) && !Number.isSafeInteger(value)
    ? value.toExponential()
    : String(value);
}

function quote(text: string): string {
  return JSON.stringify(text).replace(/[\x7f-\uffff]/g, escapeUnit);
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
