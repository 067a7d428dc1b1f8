import { parseJson, stringifyJson } from "../event/codec/exact_json.ts";
import { jsonText } from "../event/codec/json_text.ts";
import { isJsonObject, isTooDeep, type JsonObject } from "../event/codec/json_value.ts";
import type { JsonValue } from "../event/db_update.ts";

/** The field that a heartbeat changes, as spelled in the database. */
export const LAST_ACTIVITY_FIELD = "last_activity_timestamp";

/**
 * The address of a retired row, whose publisher another row announces; nothing listens there. Nodes
 * of the original disconnect from the last address of a row. With this address, the row can become
 * stale and be removed while they stay connected to the publisher.
 */
export const RETIRED_URI = "tcp://127.255.255.254:9";

/** A publisher: its id, its address, and the time of its last activity. */
export interface PublisherRecord {
  /** The key of its row. */
  readonly id: string;
  /** The address at which subscribers connect, as `tcp://192.0.2.1:8866`. */
  readonly uri: string;
  /** Seconds since 1970 by the publisher's own clock, with fractions. */
  readonly lastActivityTimestamp: number;
  /** Only newer publishers set it. */
  readonly name?: string;
  /** Unknown fields, in their order; they are kept when the row is rewritten. */
  readonly extra?: Readonly<Record<string, JsonValue>>;
}

/** A readable row of the publishers table. */
export interface KeyedPublisherRecord {
  /** The key of the row. */
  readonly key: string;
  /** Its content. */
  readonly record: PublisherRecord;
}

/** A parsed row: the record, or why it is not one. */
export type ParsedPublisherRecord =
  | { readonly readable: true; readonly record: PublisherRecord }
  | { readonly readable: false; readonly reason: string };

/** Parses a row of the publishers table. Never throws: an invalid row is a result. */
export function parsePublisherRecord(text: string): ParsedPublisherRecord {
  let document: JsonValue;
  try {
    document = parseJson(text);
  } catch {
    return unreadable("not JSON");
  }
  if (isTooDeep(document)) return unreadable("JSON that nests too deeply");
  if (!isJsonObject(document)) return unreadable("not a JSON object");
  const reason = textFault(document, "id") ?? textFault(document, "uri") ?? timeFault(document);
  return reason === undefined ? { readable: true, record: toRecord(document) } : unreadable(reason);
}

function unreadable(reason: string): ParsedPublisherRecord {
  return { readable: false, reason };
}

function textFault(document: JsonObject, field: string): string | undefined {
  const value = own(document, field);
  if (typeof value === "string" && value !== "") return undefined;
  return `"${field}": ${describe(value)}, wanted non-empty text`;
}

function timeFault(document: JsonObject): string | undefined {
  const value = own(document, LAST_ACTIVITY_FIELD);
  if (typeof value === "bigint" || Number.isFinite(value)) return undefined;
  return `"${LAST_ACTIVITY_FIELD}": ${describe(value)}, wanted seconds since 1970`;
}

function own(document: JsonObject, field: string): JsonValue | undefined {
  return Object.hasOwn(document, field) ? document[field] : undefined;
}

function describe(value: JsonValue | undefined): string {
  return value === undefined ? "missing" : stringifyJson(value).slice(0, 60);
}

function toRecord(document: JsonObject): PublisherRecord {
  const name = own(document, "name");
  const hasName = typeof name === "string";
  const known = new Set(["id", "uri", LAST_ACTIVITY_FIELD, ...(hasName ? ["name"] : [])]);
  const extra = Object.entries(document).filter(([field]) => !known.has(field));
  return {
    id: String(document["id"]),
    uri: String(document["uri"]),
    lastActivityTimestamp: Number(document[LAST_ACTIVITY_FIELD]),
    ...(hasName ? { name } : {}),
    ...(extra.length > 0 ? { extra: Object.fromEntries(extra) } : {}),
  };
}

/**
 * The text of a record as Python's `json.dumps` writes it: a blank after each comma and colon, only
 * ASCII, and whole seconds with `.0`.
 */
export function formatPublisherRecord(record: PublisherRecord): string {
  const fields: [string, string][] = [
    ["id", jsonText(record.id)],
    ["uri", jsonText(record.uri)],
    [LAST_ACTIVITY_FIELD, pythonFloat(record.lastActivityTimestamp)],
  ];
  if (record.name !== undefined) fields.push(["name", jsonText(record.name)]);
  for (const [field, value] of Object.entries(record.extra ?? {})) {
    fields.push([field, jsonText(value)]);
  }
  return `{${fields.map(([field, text]) => `${jsonText(field)}: ${text}`).join(", ")}}`;
}

function pythonFloat(value: number): string {
  return Number.isInteger(value) ? value.toFixed(1) : String(value);
}

/**
 * Whether a publisher's last activity is more than `timeoutMs` before `nowMs`. Exactly `timeoutMs`
 * is still alive, and so is a future time, which a fast clock writes.
 */
export function isStale(
  record: PublisherRecord,
  at: { readonly nowMs: number; readonly timeoutMs: number },
): boolean {
  return record.lastActivityTimestamp * 1000 < at.nowMs - at.timeoutMs;
}
