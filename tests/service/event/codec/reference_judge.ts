import { decode } from "@msgpack/msgpack";
import type { JsonValue } from "../../../../service/event/db_update.ts";

/** The reference's verdict on a payload. Null where it cannot decide. */
export type Opinion = { readonly event: Readonly<Record<string, JsonValue>> } | "refuse" | null;

class Refusal extends Error {}

const FIELDS = ["table", "key", "action", "value", "topic"];
const ROW_ACTIONS = ["create", "set", "delete", "update"];

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Judges a payload independently of the codec: a library decodes it completely, and plain checks of
 * its values follow. The library rounds long JSON integers, so the judge has no verdict on these.
 */
export function referenceOpinion(payload: Uint8Array): Opinion {
  try {
    const head = payload[0] ?? 0xc0;
    const isMap = (head & 0xf0) === 0x80 || head === 0xde || head === 0xdf;
    const document = isMap ? mapDocument(payload) : jsonDocument(payload);
    return document === null ? null : { event: eventIn(document) };
  } catch {
    return "refuse";
  }
}

/**
 * First decodes with strings as bytes, which distinguishes bin from text. Then decodes with strings
 * as text, which the library reads strictly.
 */
function mapDocument(payload: Uint8Array): Record<string, JsonValue> {
  plain(libraryValue(payload, false), 1);
  return objectIn(plain(withText(libraryValue(payload, true)), 1));
}

/** The library decodes names as text only. This checks strictly that they are valid UTF-8. */
const keyDecoder = {
  canBeCached: () => true,
  decode: (bytes: Uint8Array, offset: number, size: number) =>
    strict.decode(bytes.subarray(offset, offset + size)),
};

/** Numbers the keys, so that no key overwrites another before its value was checked. */
function libraryValue(payload: Uint8Array, rawStrings: boolean): unknown {
  let keys = 0;
  const mapKeyConverter = (key: unknown) => {
    if (typeof key !== "string") throw new Refusal();
    return `${keys++}:${key}`;
  };
  const most = payload.length;
  const limits = { maxStrLength: most, maxArrayLength: most, maxMapLength: most };
  return decode(payload, { mapKeyConverter, keyDecoder, rawStrings, useBigInt64: true, ...limits });
}

function withText(value: unknown): unknown {
  if (value instanceof Uint8Array) return strict.decode(value);
  if (Array.isArray(value)) return value.map(withText);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withText(item)]));
}

function jsonDocument(payload: Uint8Array): Record<string, JsonValue> | null {
  const bytes = libraryValue(payload, true);
  if (!(bytes instanceof Uint8Array) || ((payload[0] ?? 0) & 0xfc) === 0xc4) throw new Refusal();
  const text = strict.decode(bytes);
  const document: unknown = JSON.parse(text);
  if (/\d{16}/.test(text)) return null;
  return objectIn(plain(document, 1));
}

/** Converts a value from the library's own types, or refuses it. */
function plain(value: unknown, level: number): JsonValue {
  if (value === null || typeof value === "boolean") return value;
  if (typeof value === "string" && value.isWellFormed()) return value;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  if (typeof value !== "object" || level > 32) throw new Refusal();
  if (Array.isArray(value)) return value.map((item) => plain(item, level + 1));
  if (Object.getPrototypeOf(value) !== Object.prototype) throw new Refusal();
  const entries = Object.entries(value).map(([key, item]) => {
    if (!key.isWellFormed()) throw new Refusal();
    return [key.replace(/^\d+:/, ""), plain(item, level + 1)];
  });
  return Object.fromEntries(entries);
}

function objectIn(value: JsonValue): Record<string, JsonValue> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Refusal();
  return Object.fromEntries(Object.entries(value));
}

function eventIn(document: Record<string, JsonValue>): Record<string, JsonValue> {
  if (!FIELDS.every((field) => Object.hasOwn(document, field))) throw new Refusal();
  const { table, key, action, value, topic } = document;
  if (typeof action !== "string" || action === "") throw new Refusal();
  for (const text of [table, key, topic]) {
    if (text !== null && typeof text !== "string") throw new Refusal();
  }
  if (ROW_ACTIONS.includes(action) && (table === null || key === null)) throw new Refusal();
  if (new TextEncoder().encode(String(topic ?? "")).length > 255) throw new Refusal();
  return {
    table: table ?? null,
    key: key ?? null,
    action,
    value: value ?? null,
    topic: topic || "D",
  };
}
