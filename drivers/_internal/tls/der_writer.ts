import { joined } from "../../contract/joined.ts";
import { TAG } from "./der.ts";

/** A value in DER: its tag, and its content in parts. */
export function der(tag: number, ...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return joined([Uint8Array.of(tag, ...lengthOf(length)), ...parts]);
}

function lengthOf(length: number): number[] {
  if (length < 0x80) return [length];
  return length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
}

/** A sequence of values. */
export function sequence(...values: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return der(TAG.sequence, ...values);
}

/** A text in UTF-8. */
export function utf8(text: string): Uint8Array {
  return der(TAG.utf8String, new TextEncoder().encode(text));
}

/** An integer of one byte. */
export function smallInteger(value: number): Uint8Array {
  return der(TAG.integer, Uint8Array.of(value));
}

/** An object identifier, of which no number needs more than 28 bits. */
export function objectId(text: string): Uint8Array {
  const [root = 0, second = 0, ...rest] = text.split(".").map(Number);
  const bytes = [40 * root + second, ...rest].flatMap((number) => {
    const groups = [number & 0x7f];
    for (let left = number >>> 7; left > 0; left >>>= 7) groups.unshift(left & 0x7f | 0x80);
    return groups;
  });
  return der(TAG.objectId, Uint8Array.from(bytes));
}

/** A time in UTC, in the form that RFC 5280 wants for its year. */
export function time(millis: number): Uint8Array {
  const text = new Date(millis).toISOString().replaceAll(/\.\d+|[-:T]/g, "");
  const isShort = text < "2050";
  const content = new TextEncoder().encode(isShort ? text.slice(2) : text);
  return der(isShort ? TAG.utcTime : TAG.generalizedTime, content);
}

/** A bit string of whole bytes, but for its last `unused` bits. */
export function bitString(content: Uint8Array, unused = 0): Uint8Array {
  return der(TAG.bitString, Uint8Array.of(unused), content);
}
