import type { JsonValue } from "../db_update.ts";
import { isJsonArray, isJsonObject, type JsonObject } from "./json_value.ts";
import { tooLarge } from "./limits.ts";
import { utf8Length } from "../../../drivers/contract/utf8.ts";

const INITIAL_BYTES = 4096;
/** A larger buffer is not kept for the next document. */
const KEPT_BYTES = 256 * 1024;
/** For longer texts the encoder is faster than a loop, including its set-up. */
const LOOPED_CHARACTERS = 32;

const encoder = new TextEncoder();

/**
 * Writes MessagePack as the original does. Strings have the headers of the old specification: one
 * byte up to 31 bytes of text, then `da`, then `db`, but never `d9`, which is newer. Nothing is
 * `bin`, integers have the shortest form, and other numbers are 64-bit floats.
 *
 * Values must have passed {@linkcode checkJsonValue}. The writer reuses one buffer, which grows up
 * to the size limit of the document. Format:
 * https://github.com/msgpack/msgpack/blob/master/spec-old.md
 */
export class MsgpackWriter {
  #bytes = new Uint8Array(INITIAL_BYTES);
  #view = new DataView(this.#bytes.buffer);
  #size = 0;
  #maxBytes = 0;

  /** Begins a document of at most `maxBytes` bytes. */
  open(maxBytes: number): void {
    if (this.#bytes.length > KEPT_BYTES) this.#use(new Uint8Array(INITIAL_BYTES));
    this.#size = 0;
    this.#maxBytes = maxBytes;
  }

  /** Returns the document, in bytes that the caller owns. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#size);
  }

  /** Returns the document, in bytes that are valid until the next one is begun. */
  finishBorrowed(): Uint8Array {
    return this.#bytes.subarray(0, this.#size);
  }

  /**
   * Writes the header of a map with `count` names. The names and values must follow.
   *
   * @throws {WireError} `TOO_LARGE`, like the other writing methods
   */
  mapHeader(count: number): void {
    if (count < 16) this.#put(0x80 | count, 1);
    else this.#sized(count, 0xde);
  }

  /** Writes a string. */
  text(text: string): void {
    if (text.length <= LOOPED_CHARACTERS ? this.#shortText(text) : this.#asciiText(text)) return;
    const size = utf8Length(text);
    this.#textHeader(size);
    const at = this.#reserve(size);
    encoder.encodeInto(text, this.#bytes.subarray(at));
  }

  /**
   * Writes a short ASCII string in one pass. Returns false, without writing, for any other string.
   */
  #shortText(text: string): boolean {
    const before = this.#size;
    this.#textHeader(text.length);
    const at = this.#reserve(text.length);
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      if (unit >= 0x80) {
        this.#size = before;
        return false;
      }
      this.#bytes[at + i] = unit;
    }
    return true;
  }

  /** As {@linkcode MsgpackWriter.#shortText}: only ASCII has as many bytes as characters. */
  #asciiText(text: string): boolean {
    const before = this.#size;
    this.#textHeader(text.length);
    const at = this.#reserve(text.length);
    const { read, written } = encoder.encodeInto(text, this.#bytes.subarray(at, this.#size));
    if (read === written && read === text.length) return true;
    this.#size = before;
    return false;
  }

  #textHeader(size: number): void {
    if (size < 32) this.#put(0xa0 | size, 1);
    else this.#sized(size, 0xda);
  }

  /** Writes a value with everything in it. */
  value(value: JsonValue): void {
    if (typeof value === "string") this.text(value);
    else if (typeof value === "number") this.#number(value);
    else if (typeof value === "bigint") this.#bigint(value);
    else if (typeof value === "boolean") this.#put(value ? 0xc3 : 0xc2, 1);
    else if (value === null) this.#put(0xc0, 1);
    else if (isJsonObject(value)) this.#map(value);
    else if (isJsonArray(value)) this.#array(value);
  }

  #map(object: JsonObject): void {
    const entries = Object.entries(object);
    this.mapHeader(entries.length);
    for (const [name, value] of entries) {
      this.text(name);
      this.value(value);
    }
  }

  #array(items: readonly JsonValue[]): void {
    if (items.length < 16) this.#put(0x90 | items.length, 1);
    else this.#sized(items.length, 0xdc);
    for (const item of items) this.value(item);
  }

  #bigint(value: bigint): void {
    if (Number.isSafeInteger(Number(value))) return this.#number(Number(value));
    this.#put(value < 0n ? 0xd3 : 0xcf, 1);
    this.#view.setBigUint64(this.#reserve(8), BigInt.asUintN(64, value));
  }

  #number(value: number): void {
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) this.#float64(value);
    else if (value >= 0) this.#unsigned(value);
    else this.#negative(value);
  }

  #unsigned(value: number): void {
    if (value < 0x80) return this.#put(value, 1);
    if (value < 0x100) return this.#tagged(0xcc, value, 1);
    if (value < 0x1_0000) return this.#tagged(0xcd, value, 2);
    if (value < 0x1_0000_0000) return this.#tagged(0xce, value, 4);
    this.#put(0xcf, 1);
    this.#view.setBigUint64(this.#reserve(8), BigInt(value));
  }

  #negative(value: number): void {
    if (value >= -0x20) return this.#put(value & 0xff, 1);
    if (value >= -0x80) return this.#tagged(0xd0, value, 1);
    if (value >= -0x8000) return this.#tagged(0xd1, value, 2);
    if (value >= -0x8000_0000) return this.#tagged(0xd2, value, 4);
    this.#put(0xd3, 1);
    this.#view.setBigInt64(this.#reserve(8), BigInt(value));
  }

  #float64(value: number): void {
    this.#put(0xcb, 1);
    this.#view.setFloat64(this.#reserve(8), value);
  }

  /** Writes a size: 16 bits after `head`, or 32 bits after `head + 1`. */
  #sized(size: number, head: number): void {
    if (size < 0x1_0000) this.#tagged(head, size, 2);
    else this.#tagged(head + 1, size, 4);
  }

  #tagged(head: number, value: number, size: 1 | 2 | 4): void {
    this.#put(head, 1);
    this.#put(value, size);
  }

  /** Writes the low bytes of a number; a negative number is in two's complement. */
  #put(value: number, size: 1 | 2 | 4): void {
    const at = this.#reserve(size);
    if (size === 1) this.#view.setUint8(at, value);
    else if (size === 2) this.#view.setUint16(at, value);
    else this.#view.setUint32(at, value);
  }

  /** Reserves `size` bytes. @returns their offset */
  #reserve(size: number): number {
    const at = this.#size;
    const wanted = at + size;
    if (wanted > this.#maxBytes) throw tooLarge(wanted, this.#maxBytes);
    if (wanted > this.#bytes.length) this.#grow(wanted);
    this.#size = wanted;
    return at;
  }

  #grow(wanted: number): void {
    const larger = new Uint8Array(Math.max(wanted, this.#bytes.length * 2));
    larger.set(this.#bytes.subarray(0, this.#size));
    this.#use(larger);
  }

  #use(bytes: Uint8Array<ArrayBuffer>): void {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
  }
}
