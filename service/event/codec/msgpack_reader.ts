import type { JsonValue } from "../db_update.ts";
import { setOwn } from "./json_value.ts";
import { utf8Text } from "../../../drivers/contract/utf8.ts";

/**
 * Creates values from a MessagePack document that {@linkcode MsgpackScanner} has accepted. It does
 * not check the document again, so that each rule stands in one place.
 */
export class MsgpackReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at: number;

  /** Reads from offset `at`. */
  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#at = at;
  }

  /** Reads the value at the current offset. */
  read(): JsonValue {
    const head = this.#uint(1);
    if (head < 0x80) return head;
    if (head < 0x90) return this.#map(head & 0x0f);
    if (head < 0xa0) return this.#array(head & 0x0f);
    if (head < 0xc0) return this.#text(head & 0x1f);
    if (head >= 0xe0) return head - 0x100;
    return head < 0xd4 ? this.#scalar(head) : this.#sized(head);
  }

  #scalar(head: number): JsonValue {
    if (head === 0xc0) return null;
    if (head < 0xca) return head === 0xc3;
    if (head === 0xca) return this.#view.getFloat32(this.#move(4));
    if (head === 0xcb) return this.#view.getFloat64(this.#move(8));
    if (head === 0xcf) return exactly(this.#view.getBigUint64(this.#move(8)));
    if (head === 0xd3) return exactly(this.#view.getBigInt64(this.#move(8)));
    return head < 0xd0 ? this.#uint(1 << (head - 0xcc)) : this.#int(1 << (head - 0xd0));
  }

  /** Strings, arrays and maps whose header is followed by a size. */
  #sized(head: number): JsonValue {
    if (head < 0xdc) return this.#text(this.#uint(1 << (head - 0xd9)));
    if (head < 0xde) return this.#array(this.#uint(2 << (head - 0xdc)));
    return this.#map(this.#uint(2 << (head - 0xde)));
  }

  #text(size: number): string {
    const start = this.#move(size);
    return utf8Text(this.#bytes, start, this.#at);
  }

  #array(count: number): JsonValue[] {
    const items: JsonValue[] = [];
    for (let i = 0; i < count; i++) items.push(this.read());
    return items;
  }

  #map(count: number): JsonValue {
    const object: Record<string, JsonValue> = {};
    for (let i = 0; i < count; i++) setOwn(object, String(this.read()), this.read());
    return object;
  }

  #uint(size: number): number {
    const at = this.#move(size);
    if (size === 1) return this.#view.getUint8(at);
    if (size === 2) return this.#view.getUint16(at);
    return this.#view.getUint32(at);
  }

  #int(size: number): number {
    const at = this.#move(size);
    if (size === 1) return this.#view.getInt8(at);
    if (size === 2) return this.#view.getInt16(at);
    return this.#view.getInt32(at);
  }

  #move(size: number): number {
    const from = this.#at;
    this.#at += size;
    return from;
  }
}

/** Returns a number if it is exact, so that applications get a bigint only when needed. */
function exactly(integer: bigint): number | bigint {
  const number = Number(integer);
  return Number.isSafeInteger(number) ? number : integer;
}
