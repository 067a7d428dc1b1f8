import { type DbUpdate, ROW_ACTIONS } from "../db_update.ts";
import { ACTION, EventFields, KEY, NIL, OTHER, TABLE, TOPIC, VALUE } from "./event_fields.ts";
import { objectText } from "./json_text.ts";
import { checkJsonValue, checkText } from "./json_value.ts";
import { DEFAULT_MAX_BYTES, type SizeLimit } from "./limits.ts";
import { MsgpackWriter } from "./msgpack_writer.ts";
import { checkTopic } from "./topic.ts";
import { utf8Length } from "./utf8.ts";
import type { WireFormat } from "./wire_fields.ts";

const writer = new MsgpackWriter();
const fields = new EventFields();

const EVENT_LEVEL = 1;

/**
 * The payload of an update, as octets of the caller's own; priority and timestamp stay behind.
 *
 * `map` is what the original's later releases send, octet for octet; `json` what its first one did on
 * Python 2.7, down to the order of the names. Whatever {@linkcode decodeUpdate} would refuse is
 * refused here, so that it never leaves.
 *
 * @throws {WireError}
 */
export function encodeUpdate(
  update: DbUpdate,
  format: WireFormat,
  options: SizeLimit = {},
): Uint8Array {
  checkUpdate(update);
  writer.open(options.maxBytes ?? DEFAULT_MAX_BYTES);
  if (format === "map") writeMap(update);
  else writer.text(seedText(update));
  return writer.finish();
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

/** The order is that of Python 2.7's dict of these five. */
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
