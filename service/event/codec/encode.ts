import { type DbUpdate, type EventOrigin, ROW_ACTIONS } from "../db_update.ts";
import { ACTION, EventFields, KEY, NIL, OTHER, TABLE, TOPIC, VALUE } from "./event_fields.ts";
import { stampOf } from "./event_stamp.ts";
import { objectText } from "./json_text.ts";
import { checkJsonValue, checkText } from "./json_value.ts";
import { DEFAULT_MAX_BYTES, type SizeLimit } from "./limits.ts";
import { MsgpackWriter } from "./msgpack_writer.ts";
import { StampWriter } from "./stamp_writer.ts";
import { checkTopic } from "./topic.ts";
import { utf8Length } from "../../../drivers/contract/utf8.ts";
import { excerpt, WireError } from "./wire_error.ts";
import type { WireFormat } from "./wire_fields.ts";

const writer = new MsgpackWriter();
const fields = new EventFields();

const EVENT_LEVEL = 1;

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
 * @throws {WireError}
 */
export function encodeUpdate(
  update: DbUpdate,
  format: WireFormat,
  options: SizeLimit = {},
): Uint8Array {
  writeUpdate(update, format, options);
  return update.origin === undefined
    ? writer.finish()
    : stamped(writer.finishBorrowed(), update.origin);
}

/**
 * Encodes an event without its origin, in bytes that are valid until the next event is encoded: for
 * a transport that copies them at once. It allocates only a view.
 *
 * @throws {WireError} as {@linkcode encodeUpdate}
 */
export function encodeBorrowed(
  update: DbUpdate,
  format: WireFormat,
  options: SizeLimit = {},
): Uint8Array {
  writeUpdate(update, format, options);
  return writer.finishBorrowed();
}

function writeUpdate(update: DbUpdate, format: WireFormat, options: SizeLimit): void {
  checkUpdate(update);
  writer.open(options.maxBytes ?? DEFAULT_MAX_BYTES);
  if (format === "map") writeMap(update);
  else writer.text(seedText(update));
}

function stamped(payload: Uint8Array, { publisher, epoch, seq, sentAt }: EventOrigin): Uint8Array {
  if (stampOf(publisher, epoch, seq, sentAt) === undefined) {
    const wanted = "a UUID in lower case, and whole numbers from 1";
    throw new WireError(
      "FIELD_MISTYPED",
      `Event "origin": ${excerpt(publisher)}, wanted ${wanted}`,
    );
  }
  const stamp = new StampWriter(publisher, epoch);
  const bytes = new Uint8Array(stamp.plan(payload, -1));
  stamp.write(payload, bytes, 0, seq, sentAt);
  return bytes;
}

function writeMap(update: DbUpdate): void {
  writer.mapHeader(5);
  writer.text("table");
  writer.value(update.table);
  writer.text("key");
  writer.value(update.key);
  writer.text("action");
  writer.value(update.action);
  writer.text("value");
  writer.value(update.value);
  writer.text("topic");
  writer.value(update.topic);
}

/** The order is that of Python 2.7's dict with these five names. */
function seedText(update: DbUpdate): string {
  return objectText([
    ["action", update.action],
    ["table", update.table],
    ["topic", update.topic],
    ["value", update.value],
    ["key", update.key],
  ]);
}

function checkUpdate(update: DbUpdate): void {
  checkJsonValue(update.value, EVENT_LEVEL + 1);
  fields.set(TABLE, markOf(update.table));
  fields.set(KEY, markOf(update.key));
  fields.set(ACTION, markOf(update.action));
  fields.set(VALUE, OTHER);
  fields.set(TOPIC, markOf(update.topic));
  fields.check(ROW_ACTIONS.has(update.action));
  checkTopic(update.topic);
}

function markOf(text: string | null): number {
  if (text === null) return NIL;
  checkText(text);
  return utf8Length(text);
}
