import type { JsonValue } from "../db_update.ts";
import { numberText } from "./json_text.ts";
import { checkJsonValue } from "./json_value.ts";
import { checkedInteger } from "./limits.ts";
import { excerpt, WireError } from "./wire_error.ts";

type Reviver = (name: string, value: unknown, context: { readonly source?: string }) => unknown;

// Both are part of ECMAScript, but not yet of the compiler's library.
const parse = JSON.parse as (text: string, reviver: Reviver) => JsonValue;
const rawJson = (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON;

/**
 * Whether a text may contain a number that needs a closer look. Both functions may say so in error,
 * but not for the 16 digits of a time in microseconds, which many events contain: 2^53 begins with
 * a 9.
 */
function hasLongInteger(text: string): boolean {
  return /\d{16}/.test(text) && (/9\d{15}/.test(text) || /\d{17}/.test(text));
}

function hasLongNumber(text: string): boolean {
  if (/\d[eE]-\d{3}/.test(text)) return true;
  if (!/[\d.]{16}/.test(text)) return false;
  return /9\d{15}/.test(text) || /[\d.]{17}/.test(text) || /[\d.]{3}[eE]/.test(text);
}

/** More characters than any number needs that a 64-bit float holds exactly. */
const MAX_NUMBER_LENGTH = 1_000;

/**
 * Parses JSON as `JSON.parse` does, except that a whole number beyond ±2^53 becomes a bigint, so
 * that it is not rounded.
 *
 * @throws {SyntaxError} for text that is not JSON
 * @throws {WireError} for a whole number of more than 64 bits, or a document with a long number that
 *   {@linkcode checkJsonValue} refuses
 */
export function parseJson(text: string): JsonValue {
  const document: unknown = JSON.parse(text);
  return hasLongInteger(text) ? parseAgain(text, document, wholeNumber) : document as JsonValue;
}

/**
 * Parses JSON like {@linkcode parseJson}, and also refuses fractions that a 64-bit float would change.
 *
 * @param document the result of `JSON.parse` for the text
 * @throws {SyntaxError | WireError} as {@linkcode parseJson}
 */
export function parseUnchangedJson(text: string, document: unknown = JSON.parse(text)): JsonValue {
  return hasLongNumber(text) ? parseAgain(text, document, unchangedNumber) : document as JsonValue;
}

function parseAgain(text: string, document: unknown, reviver: Reviver): JsonValue {
  // A reviver makes the parser recursive, so that a deep document would exhaust the stack.
  checkJsonValue(document, 1);
  return parse(text, reviver);
}

/** Writes JSON as `JSON.stringify` does, but refuses numbers that it would change. */
export function stringifyJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, (_name, item: unknown) => {
    const isNumber = typeof item === "bigint" || Number.isFinite(item);
    return isNumber ? rawJson(numberText(item as number | bigint)) : item;
  }, indent);
}

const wholeNumber: Reviver = (_name, value, { source }) => {
  const isExact = typeof value !== "number" || Number.isSafeInteger(value);
  if (isExact || source === undefined || !/^-?\d+$/.test(source)) return value;
  return checkedInteger(BigInt(source));
};

const unchangedNumber: Reviver = (name, value, context) => {
  const kept = wholeNumber(name, value, context);
  const { source } = context;
  if (typeof kept !== "number" || source === undefined || isSame(source, kept)) return kept;
  const message = `Payload "number": ${excerpt(source)} would be changed to ${kept}, ` +
    `wanted a number that a 64-bit float holds, or a string`;
  throw new WireError("NUMBER_OUT_OF_RANGE", message);
};

/**
 * Whether a decimal text is the same number as the shortest text of the float that is parsed from
 * it.
 */
function isSame(source: string, value: number): boolean {
  return source.length <= MAX_NUMBER_LENGTH && canonical(source) === canonical(String(value));
}

/** The significant digits, and the power of ten of the last digit; undefined for infinity. */
function canonical(number: string): string | undefined {
  const parts = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i.exec(number);
  if (parts === null) return undefined;
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = parts;
  const digits = (whole + fraction).replace(/^0+/, "");
  const significant = digits.replace(/0+$/, "");
  if (significant === "") return "0";
  const power = Number(exponent) - fraction.length + digits.length - significant.length;
  return `${sign}${significant}e${power}`;
}
