import { type DbUpdate, dbUpdate, type JsonValue } from "../db_update.ts";
import { type EventStamp, stampOf } from "./event_stamp.ts";
import { ACTION, KEY, TABLE, TOPIC, VALUE } from "./event_fields.ts";
import { readJsonPayload } from "./json_payload.ts";
import { DEFAULT_MAX_BYTES, type SizeLimit } from "./limits.ts";
import { MapPayload } from "./map_payload.ts";
import { MsgpackReader } from "./msgpack_reader.ts";
import { PUBLISHER_BYTES, stampLayout } from "./stamp_layout.ts";
import { TextCache } from "./text_cache.ts";
import { payloadFormat } from "./payload_format.ts";
import { utf8Text } from "../../../drivers/contract/utf8.ts";
import { WireError } from "./wire_error.ts";
import type { WireFields } from "./wire_fields.ts";

/** Options of {@linkcode decodeUpdate}. */
export interface DecodeOptions extends SizeLimit {
  /** When the event was received, in milliseconds since 1970. @default now */
  readonly timestamp?: number;
}

const STAMP = stampLayout("map");
const map = new MapPayload();
const texts = new TextCache();

/**
 * Decodes a payload of either format into an event. Nothing in the event refers to the payload, so
 * the payload may be a borrowed buffer.
 *
 * Names other than the five of an event are ignored; if a name occurs twice, the last one counts.
 * An unknown action is decoded like any other: {@linkcode isKnownAction} recognizes known ones. An
 * invalid stamp is ignored; it never makes the event invalid. A topic that is null or empty is
 * replaced by that of the frame, since the original sends it so to all subscribers.
 *
 * @param frameTopic the topic of the frame that holds the payload
 * @throws {WireError}
 */
export function decodeUpdate(
  payload: Uint8Array,
  frameTopic: string,
  options: DecodeOptions = {},
): DbUpdate {
  const format = payloadFormat(payload, options.maxBytes ?? DEFAULT_MAX_BYTES);
  const fields = format === "map" ? readMapPayload(payload) : readJsonPayload(payload);
  const update = dbUpdate({
    table: fields.table,
    key: fields.key,
    action: fields.action,
    value: fields.value,
    topic: fields.topic || frameTopic,
    timestamp: options.timestamp ?? Date.now(),
  });
  return fields.stamp ? { ...update, origin: { ...fields.stamp, topic: frameTopic } } : update;
}

/**
 * When the event in a payload was sent, in Unix milliseconds; undefined if the event does not say,
 * or the payload is not an event.
 */
export function sentAtOf(payload: Uint8Array): number | undefined {
  try {
    const { origin } = decodeUpdate(payload, "", { maxBytes: Infinity });
    return origin && origin.sentAt / 1000;
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}

function readMapPayload(payload: Uint8Array): WireFields {
  map.scan(payload);
  return {
    table: repeated(payload, TABLE),
    key: textOrNull(payload, KEY),
    action: repeated(payload, ACTION) ?? "",
    value: textOrNull(payload, VALUE) ?? new MsgpackReader(payload, map.head(VALUE)).read(),
    topic: repeated(payload, TOPIC),
    stamp: stampIn(payload),
  };
}

function stampIn(payload: Uint8Array): EventStamp | undefined {
  if (map.stampOffset >= 0) return usualStamp(payload, map.stampOffset);
  if (map.stampHead(0) === 0) return undefined;
  return stampOf(part(payload, 0), part(payload, 1), part(payload, 2), part(payload, 3));
}

/** A stamp in the form that this project writes, at an offset. */
function usualStamp(payload: Uint8Array, start: number): EventStamp | undefined {
  return stampOf(
    texts.text(payload, start + STAMP.publisher, PUBLISHER_BYTES),
    uint64(payload, start + STAMP.epoch),
    uint64(payload, start + STAMP.seq),
    uint64(payload, start + STAMP.sent),
  );
}

/** An unsigned integer of 64 bits; not exact if it is too large for a stamp. */
function uint64(payload: Uint8Array, at: number): number {
  let number = 0;
  for (let i = at; i < at + 8; i++) number = number * 0x100 + (payload[i] ?? 0);
  return number;
}

/** The value of one of the four parts of a stamp; undefined if it is missing. */
function part(payload: Uint8Array, index: number): JsonValue | undefined {
  const head = map.stampHead(index);
  return head === 0 ? undefined : new MsgpackReader(payload, head).read();
}

/** A text that most events share. Without a new string each time if it is in the cache. */
function repeated(payload: Uint8Array, field: number): string | null {
  const length = map.fields.mark(field);
  return length < 0 ? null : texts.text(payload, map.start(field), length);
}

function textOrNull(payload: Uint8Array, field: number): string | null {
  const length = map.fields.mark(field);
  if (length < 0) return null;
  const start = map.start(field);
  return utf8Text(payload, start, start + length);
}
