/**
 * The encoding of events on the wire, as OpenStack Dragonflow has it: for tools that read a bus, and for
 * peers that are written in another way. It publishes nothing.
 *
 * An event is MessagePack: a map of five fields (`map`), or a string of JSON (`json`), as the first
 * release of the original sent it. {@linkcode decodeUpdate} reads both. Publishers of this library
 * append four more fields, which the original ignores: see {@linkcode EventOrigin}.
 *
 * @example An event becomes bytes and comes back
 * ```ts
 * import { dbUpdate, decodeUpdate, encodeUpdate } from "@df/pubsub/wire";
 *
 * const update = dbUpdate({ table: "lport", key: "port-1", action: "create", value: "{}" });
 * const payload = encodeUpdate(update, "map");
 * const { action, key } = decodeUpdate(payload, update.topic);
 * console.log(payload.length, action, key); // 55 create port-1
 * ```
 *
 * @module
 */

export {
  type Action,
  ACTIONS,
  type DbUpdate,
  dbUpdate,
  type DbUpdateInit,
  type EventOrigin,
  isKnownAction,
  type JsonValue,
  SEND_ALL_TOPIC,
  type SyncReason,
} from "./service/event/db_update.ts";
export { decodeUpdate, encodeUpdate } from "./service/event/checked_codec.ts";
export type { DecodeOptions } from "./service/event/codec/decode.ts";
export type { SizeLimit } from "./service/event/codec/limits.ts";
export { WireError, type WireErrorCode } from "./service/event/codec/wire_error.ts";
export { WIRE_FORMATS, type WireFormat } from "./service/event/codec/wire_fields.ts";
