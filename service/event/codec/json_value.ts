import type { JsonValue } from "../db_update.ts";
import { checkedInteger, MAX_LEVELS, tooDeep } from "./limits.ts";
import { excerpt, WireError } from "./wire_error.ts";

/** An object of JSON values. */
export type JsonObject = { readonly [name: string]: JsonValue };

/** Whether a value is an array. Unlike `Array.isArray`, this narrows read-only arrays. */
export function isJsonArray(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

/** Whether a value is an object: neither null nor an array. */
export function isJsonObject(value: JsonValue): value is JsonObject {
  return typeof value === "object" && value !== null && !isJsonArray(value);
}

/**
 * Checks that both formats carry a value unchanged. It must be a JSON value of plain objects and
 * arrays, without NaN, infinities, holes, `undefined` or half surrogate pairs, and not too deep.
 *
 * @param level number of nested maps and arrays, including the value if it is one
 * @throws {WireError} `FIELD_MISTYPED`, `INVALID_UTF8` or `TOO_DEEP`
 */
export function checkJsonValue(value: unknown, level: number): asserts value is JsonValue {
  if (typeof value === "string") return checkText(value);
  if (value === null || typeof value === "boolean") return;
  if (typeof value === "number") return checkFinite(value);
  if (typeof value === "bigint") return void checkedInteger(value);
  if (typeof value !== "object") throw mistyped(typeof value);
  if (level > MAX_LEVELS) throw tooDeep();
  if (Array.isArray(value)) {
    for (const item of value) checkJsonValue(item, level + 1);
    return;
  }
  checkPlain(value);
  for (const [name, item] of Object.entries(value)) {
    checkText(name);
    checkJsonValue(item, level + 1);
  }
}

/** Whether a document has more nested objects and arrays than an event may have. */
export function isTooDeep(document: JsonValue, level = 1): boolean {
  if (typeof document !== "object" || document === null) return false;
  if (level > MAX_LEVELS) return true;
  return Object.values(document).some((item) => isTooDeep(item, level + 1));
}

/**
 * Checks a text. Half a surrogate pair is text in JavaScript and Python, but not valid in UTF-8.
 */
export function checkText(text: string): void {
  if (text.isWellFormed()) return;
  const message = `Payload "text": ${excerpt(text)} has half a surrogate pair, wanted whole pairs`;
  throw new WireError("INVALID_UTF8", message);
}

function checkFinite(value: number): void {
  if (Number.isFinite(value)) return;
  throw new WireError("FIELD_MISTYPED", `Payload "number": ${value}, wanted a finite number`);
}

function checkPlain(value: object): void {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) return;
  throw mistyped("an object of a class");
}

function mistyped(is: string): WireError {
  return new WireError("FIELD_MISTYPED", `Payload "value": ${is}, wanted a JSON value`);
}

/**
 * Sets an own property of any name. Assigning to `__proto__` would change the prototype in runtimes
 * that have this accessor; Deno removes it by default.
 */
export function setOwn(target: Record<string, JsonValue>, name: string, value: JsonValue): void {
  if (name !== "__proto__") {
    target[name] = value;
    return;
  }
  const property = { value, writable: true, enumerable: true, configurable: true };
  Object.defineProperty(target, name, property);
}
