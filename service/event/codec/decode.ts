import { type DbUpdate, dbUpdate, type JsonValue } from "../db_update.ts";
import { type EventStamp, stampOf } from "./event_stamp.ts";
import { ACTION, KEY, TABLE, TOPIC, VALUE } from "./event_fields.ts";
import { readJsonPayload } from "./json_payload.ts";
import { DEFAULT_MAX_BYTES, type SizeLimit } from "./limits.ts";
import { MapPayload } from "./map_payload.ts";
import { MsgpackReader } from "./msgpack_reader.ts";
import { payloadShape } from "./payload_shape.ts";
import { utf8Text } from "../../../drivers/contract/utf8.ts";
import type { WireFields } from "./wire_fields.ts";

/** What {@linkcode decodeUpdate} may be told. */
export interface DecodeOptions extends SizeLimit {
  /** When the event was received, in milliseconds since 1970. @default now */
  readonly timestamp?: number;
}

const map = new MapPayload();

/**
 * The update that a payload holds, in whichever shape it has. Nothing in the update refers to the
 * payload, which may be a borrowed buffer.
 *
 * Names that are none of an event's five are passed over; the last of a name counts. An action that
 * nobody knows is decoded like any other: {@linkcode isKnownAction} tells. A stamp that is not valid
 * throughout is passed over, too, and never a reason to refuse the event. A topic that is null or
 * empty becomes that of the frame, since the original leaves it so when it sends to everyone.
 *
 * @param frameTopic the topic the payload came with
 * @throws {WireError}
 */
export function decodeUpdate(
  payload: Uint8Array,
  frameTopic: string,
  options: DecodeOptions = {},
): DbUpdate {
  const shape = payloadShape(payload, options.maxBytes ?? DEFAULT_MAX_BYTES);
  const fields = shape === "map" ? readMapPayload(payload) : readJsonPayload(payload);
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

function readMapPayload(payload: Uint8Array): WireFields {
  map.scan(payload);
  return {
    table: textOrNull(payload, TABLE),
    key: textOrNull(payload, KEY),
    action: textOrNull(payload, ACTION) ?? "",
    value: textOrNull(payload, VALUE) ?? new MsgpackReader(payload, map.head(VALUE)).read(),
    topic: textOrNull(payload, TOPIC),
    stamp: stampIn(payload),
  };
}

function stampIn(payload: Uint8Array): EventStamp | undefined {
  if (map.stampHead(0) === 0) return undefined;
  return stampOf(part(payload, 0), part(payload, 1), part(payload, 2), part(payload, 3));
}

/** The value of one of the four, or undefined without it. */
function part(payload: Uint8Array, index: number): JsonValue | undefined {
  const head = map.stampHead(index);
  return head === 0 ? undefined : new MsgpackReader(payload, head).read();
}

function textOrNull(payload: Uint8Array, field: number): string | null {
  const length = map.fields.mark(field);
  if (length < 0) return null;
  const start = map.start(field);
  return utf8Text(payload, start, start + length);
}
