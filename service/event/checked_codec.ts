import { kindOf, requireOptions } from "../../drivers/contract/argument.ts";
import { type DecodeOptions, decodeUpdate as decode } from "./codec/decode.ts";
import { encodeUpdate as encode } from "./codec/encode.ts";
import type { SizeLimit } from "./codec/limits.ts";
import { WireError } from "./codec/wire_error.ts";
import { WIRE_FORMATS, type WireFormat } from "./codec/wire_fields.ts";
import type { DbUpdate } from "./db_update.ts";

/**
 * Encodes an event as a payload, in bytes that the caller owns; priority and timestamp are not
 * encoded.
 *
 * The `map` format is what later releases of the original send, byte for byte. The `json` format is
 * what its first release sent on Python 2.7, including the order of the names. An origin is
 * appended, as its publisher wrote it, without its topic, which is that of the frame. The size
 * limit does not count the bytes of the origin. The encoder refuses every event that
 * {@linkcode decodeUpdate} would refuse.
 *
 * @throws {WireError} for an event that cannot be encoded
 * @throws {RangeError} for an unknown format
 * @throws {TypeError} for an argument of the wrong type
 */
export function encodeUpdate(
  update: DbUpdate,
  format: WireFormat,
  options: SizeLimit = {},
): Uint8Array {
  if (kindOf(update) !== "Object") {
    throw new TypeError(`encodeUpdate "update": ${kindOf(update)}, wanted an event`);
  }
  if (!WIRE_FORMATS.includes(format)) {
    const wanted = WIRE_FORMATS.join(", ");
    throw new RangeError(`encodeUpdate "format": ${shown(format)}, wanted one of ${wanted}`);
  }
  checkLimit("encodeUpdate", options);
  checkText(update, "table", true);
  checkText(update, "key", true);
  checkText(update, "action", false);
  checkText(update, "topic", false);
  const { origin } = update;
  if (origin !== undefined && typeof Object(origin).publisher !== "string") {
    throw new WireError(
      "FIELD_MISTYPED",
      `Event "origin": ${kindOf(origin)}, wanted an EventOrigin`,
    );
  }
  return encode(update, format, options);
}

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
 * @throws {WireError} for a payload that is not an event
 * @throws {TypeError} for an argument of the wrong type
 */
export function decodeUpdate(
  payload: Uint8Array,
  frameTopic: string,
  options: DecodeOptions = {},
): DbUpdate {
  if (!(payload instanceof Uint8Array)) {
    throw new TypeError(`decodeUpdate "payload": ${kindOf(payload)}, wanted a Uint8Array`);
  }
  if (typeof frameTopic !== "string") {
    throw new TypeError(`decodeUpdate "frameTopic": ${kindOf(frameTopic)}, wanted a string`);
  }
  checkLimit("decodeUpdate", options);
  return decode(payload, frameTopic, options);
}

function checkLimit(name: string, options: SizeLimit): void {
  requireOptions(name, options, "{ maxBytes: 4096 }");
  const { maxBytes } = options;
  if (maxBytes === undefined || (typeof maxBytes === "number" && maxBytes >= 0)) return;
  throw new TypeError(`${name} "maxBytes": ${shown(maxBytes)}, wanted a number of bytes`);
}

function checkText(update: DbUpdate, name: keyof DbUpdate, mayBeNull: boolean): void {
  const value: unknown = update[name];
  if (typeof value === "string" || (mayBeNull && value === null)) return;
  const wanted = mayBeNull ? "a string or null" : "a string";
  throw new WireError("FIELD_MISTYPED", `Event "${name}": ${kindOf(value)}, wanted ${wanted}`);
}

function shown(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : kindOf(value);
}
