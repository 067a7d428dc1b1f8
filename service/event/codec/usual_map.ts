import { type EventFields, FIELD_COUNT, FIELD_NAMES, NIL } from "./event_fields.ts";
import { STAMP_NAMES } from "./event_stamp.ts";
import { isStamp, PUBLISHER_BYTES, stampLayout } from "./stamp_layout.ts";

/** The names of the fields, each with its MessagePack header. */
const NAMES = FIELD_NAMES.map((name) =>
  Uint8Array.of(0xa0 | name.length, ...new TextEncoder().encode(name))
);
/** The first four bytes of each name, as a number, so that they are compared at once. */
const BEGINNINGS = NAMES.map((name) => new DataView(name.buffer).getInt32(0));

const NO_NAME = new Uint8Array();

/** The header of a map with the fields alone, and of one with a stamp, too. */
const FIELDS_HEAD = 0x80 | FIELD_COUNT;
const STAMPED_HEAD = FIELDS_HEAD + STAMP_NAMES.length;
const STAMP = stampLayout("map");
const PUBLISHER_END = STAMP.publisher + PUBLISHER_BYTES;
/** The high bits of four bytes: ASCII text sets none of them. */
const HIGH_BITS = 0x80808080;

/** Where the fields of an event are: {@linkcode UsualMap} writes to it. */
export interface FieldPlaces {
  readonly fields: EventFields;
  /** Per field, offsets of its header and of its text. */
  readonly heads: Int32Array;
  readonly starts: Int32Array;
}

/**
 * Reads an event in the form in which the original and this project write it: the fields in their
 * order, each an ASCII text or nil, and then our stamp or nothing. This takes half the time of
 * {@linkcode MsgpackScanner}, which reads every other payload.
 *
 * It reads the memory of the payload, which many payloads share, so offsets inside this class are
 * from the beginning of that memory.
 */
export class UsualMap {
  readonly #places: FieldPlaces;
  #buffer: ArrayBufferLike = new ArrayBuffer(0);
  #memory = new DataView(this.#buffer);
  #base = 0;
  #end = 0;
  #stampOffset = -1;

  constructor(places: FieldPlaces) {
    this.#places = places;
  }

  /** Offset of the stamp of the last payload; -1 without one. */
  get stampOffset(): number {
    return this.#stampOffset;
  }

  /** Returns false if the payload has another form or is not valid. */
  read(payload: Uint8Array): boolean {
    const head = payload[0];
    const isStamped = head === STAMPED_HEAD;
    if (!isStamped && head !== FIELDS_HEAD) return false;
    const { buffer } = payload;
    if (buffer !== this.#buffer) this.#memory = new DataView(this.#buffer = buffer);
    this.#base = payload.byteOffset;
    this.#end = this.#base + payload.length;
    let at = this.#base + 1;
    for (let field = 0; field < FIELD_COUNT && at > 0; field++) {
      at = this.#readField(at, field);
    }
    this.#stampOffset = isStamped ? at - this.#base : -1;
    if (!isStamped) return at === this.#end;
    return isStamp(payload, this.#stampOffset, STAMP) &&
      this.#textEnd(at + STAMP.publisher, at + PUBLISHER_END) > 0;
  }

  /** Returns the offset after a field; 0 if it has another form or is not valid. */
  #readField(nameAt: number, field: number): number {
    const name = NAMES[field] ?? NO_NAME;
    const at = nameAt + name.length;
    if (at >= this.#end || !this.#isName(nameAt, name, BEGINNINGS[field])) return 0;
    const { fields, heads, starts } = this.#places;
    const base = this.#base;
    heads[field] = at - base;
    const head = this.#memory.getUint8(at);
    if (head === 0xc0) {
      fields.set(field, NIL);
      return at + 1;
    }
    const isLong = head === 0xda;
    if (!isLong && (head & 0xe0) !== 0xa0) return 0;
    const start = isLong ? at + 3 : at + 1;
    if (start > this.#end) return 0;
    const size = isLong ? this.#memory.getUint16(at + 1) : head & 0x1f;
    fields.set(field, size);
    starts[field] = start - base;
    return this.#textEnd(start, start + size);
  }

  #isName(at: number, name: Uint8Array, beginning: number | undefined): boolean {
    if (this.#memory.getInt32(at) !== beginning) return false;
    for (let i = 4; i < name.length; i++) {
      if (this.#memory.getUint8(at + i) !== name[i]) return false;
    }
    return true;
  }

  /** Returns `end`; 0 if the text is not ASCII. */
  #textEnd(start: number, end: number): number {
    const memory = this.#memory;
    if (end > this.#end) return 0;
    let at = start;
    while (at + 4 <= end && (memory.getInt32(at) & HIGH_BITS) === 0) at += 4;
    while (at < end && memory.getUint8(at) < 0x80) at++;
    return at === end ? end : 0;
  }
}
