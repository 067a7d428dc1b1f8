import { ROW_ACTIONS } from "../db_update.ts";
import { ACTION, EventFields, FIELD_COUNT, FIELD_NAMES } from "./event_fields.ts";
import { STAMP_NAMES } from "./event_stamp.ts";
import { MsgpackScanner } from "./msgpack_scanner.ts";
import { isStamp, stampLayout } from "./stamp_layout.ts";
import { UsualMap } from "./usual_map.ts";

const encoder = new TextEncoder();
/** An event's fields and then the parts of its stamp, in their order on the wire. */
const NAMES = [...FIELD_NAMES, ...STAMP_NAMES].map((name) => encoder.encode(name));
const ROW_ACTION_BYTES = [...ROW_ACTIONS].map((action) => encoder.encode(action));

const EVENT_LEVEL = 1;
const STAMP_LAYOUT = stampLayout("map");

/**
 * Checks that a payload of the `map` format is an event, and records the offsets of its fields.
 * Allocates nothing. One instance is reused for all events.
 */
export class MapPayload {
  /** The marks of the last scanned payload. */
  readonly fields = new EventFields();
  readonly #scanner = new MsgpackScanner();
  /** Per field, offsets of its header and of its text. */
  readonly #heads = new Int32Array(NAMES.length);
  readonly #starts = new Int32Array(FIELD_COUNT);
  readonly #usual = new UsualMap({
    ...{ fields: this.fields, heads: this.#heads, starts: this.#starts },
  });
  #stampOffset = -1;

  /**
   * Checks a payload. Other names than those of an event are ignored, but their values must be
   * valid, too, so that a relayed event cannot break a peer's decoder.
   *
   * @throws {WireError}
   */
  scan(payload: Uint8Array): void {
    // A loop, because `fill` is a call out of compiled code.
    for (let name = FIELD_COUNT; name < NAMES.length; name++) this.#heads[name] = 0;
    if (this.#usual.read(payload)) this.#stampOffset = this.#usual.stampOffset;
    else this.#scanAny(payload);
    this.fields.check(this.#isRowAction(payload));
  }

  #scanAny(payload: Uint8Array): void {
    const scanner = this.#scanner;
    scanner.open(payload);
    this.fields.clear();
    const count = scanner.mapHeader();
    let tail = -1;
    for (let i = 0; i < count; i++) {
      if (i === count - STAMP_NAMES.length) tail = scanner.position;
      this.#scanField(payload);
    }
    scanner.finish();
    scanner.release();
    this.#stampOffset = isStamp(payload, tail, STAMP_LAYOUT) ? tail : -1;
  }

  /**
   * Offset of the stamp that ends the payload, in the form that this project writes; -1 without
   * one.
   */
  get stampOffset(): number {
    return this.#stampOffset;
  }

  /**
   * Offset of the value of a stamp's part, by its index; 0 if the payload lacks this part. Only for a
   * payload whose {@linkcode stampOffset} is -1.
   */
  stampHead(part: number): number {
    return this.#heads[FIELD_COUNT + part] ?? 0;
  }

  /** Offset of a field's header. */
  head(field: number): number {
    return this.#heads[field] ?? 0;
  }

  /** Offset of a field's text. */
  start(field: number): number {
    return this.#starts[field] ?? 0;
  }

  /** Whether the text of a field is `text`. */
  holds(payload: Uint8Array, field: number, text: Uint8Array): boolean {
    return this.fields.mark(field) === text.length && startsAt(payload, this.start(field), text);
  }

  #scanField(payload: Uint8Array): void {
    const scanner = this.#scanner;
    const field = this.#readName(payload);
    const head = scanner.position;
    const mark = scanner.value(EVENT_LEVEL + 1);
    if (field < 0) return;
    this.#heads[field] = head;
    if (field >= FIELD_COUNT) return;
    this.fields.set(field, mark);
    this.#starts[field] = scanner.textStart;
  }

  /** Reads a name. Returns its field, or -1. */
  #readName(payload: Uint8Array): number {
    this.#scanner.text();
    for (let field = 0; field < NAMES.length; field++) {
      if (this.#isNamed(payload, field)) return field;
    }
    return -1;
  }

  #isNamed(payload: Uint8Array, field: number): boolean {
    const { textStart, position } = this.#scanner;
    const name = NAMES[field];
    return name?.length === position - textStart && startsAt(payload, textStart, name);
  }

  #isRowAction(payload: Uint8Array): boolean {
    for (const action of ROW_ACTION_BYTES) {
      if (this.holds(payload, ACTION, action)) return true;
    }
    return false;
  }
}

function startsAt(payload: Uint8Array, start: number, bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) {
    if (payload[start + i] !== bytes[i]) return false;
  }
  return true;
}
