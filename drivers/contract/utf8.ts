/** For a shorter text a loop is faster than a `TextDecoder`. */
const SHORT_TEXT = 24;

// `ignoreBOM` keeps a leading U+FEFF, which is part of a peer's text.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * Finds the first byte from `start` up to `end` that is not UTF-8 (Unicode, table 3-7). This is the
 * offset of a sequence that is overlong, a surrogate, beyond U+10FFFF, truncated or otherwise
 * invalid; -1 without one. Creates no string.
 */
export function utf8FaultAt(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end) {
    // Checks four bytes at a time while possible: most text is ASCII.
    while (at + 4 <= end && isAscii4(bytes, at)) at += 4;
    if (at >= end) break;
    if ((bytes[at] ?? 0) < 0x80) {
      at++;
      continue;
    }
    const size = sequenceSize(bytes, at, end);
    if (size === 0) return at;
    at += size;
  }
  return -1;
}

function isAscii4(bytes: Uint8Array, at: number): boolean {
  const first = (bytes[at] ?? 0x80) | (bytes[at + 1] ?? 0x80);
  return (first | (bytes[at + 2] ?? 0x80) | (bytes[at + 3] ?? 0x80)) < 0x80;
}

/** Size of the well-formed, non-ASCII sequence at `at`; 0 if it is invalid. */
function sequenceSize(bytes: Uint8Array, at: number, end: number): number {
  const lead = bytes[at] ?? 0;
  const size = sizeByLead(lead);
  if (size === 0 || at + size > end) return 0;
  const second = bytes[at + 1] ?? 0;
  if (second < lowestSecond(lead) || second > highestSecond(lead)) return 0;
  for (let i = 2; i < size; i++) {
    if (((bytes[at + i] ?? 0) & 0xc0) !== 0x80) return 0;
  }
  return size;
}

function sizeByLead(lead: number): number {
  if (lead < 0xc2 || lead > 0xf4) return 0;
  if (lead < 0xe0) return 2;
  return lead < 0xf0 ? 3 : 4;
}

/** The minimum second byte: a smaller one makes an overlong form of three or four bytes. */
function lowestSecond(lead: number): number {
  if (lead === 0xe0) return 0xa0;
  return lead === 0xf0 ? 0x90 : 0x80;
}

/** The maximum second byte: a greater one makes a surrogate, or is beyond U+10FFFF. */
function highestSecond(lead: number): number {
  if (lead === 0xed) return 0x9f;
  return lead === 0xf4 ? 0x8f : 0xbf;
}

/** The text of bytes in which {@linkcode utf8FaultAt} has found no error. */
export function utf8Text(bytes: Uint8Array, start: number, end: number): string {
  if (end - start > SHORT_TEXT) return decoder.decode(bytes.subarray(start, end));
  let text = "";
  for (let at = start; at < end; at++) {
    const byte = bytes[at] ?? 0;
    if (byte >= 0x80) return decoder.decode(bytes.subarray(start, end));
    text += String.fromCharCode(byte);
  }
  return text;
}

/** Size of a text without lone surrogates, in bytes. */
export function utf8Length(text: string): number {
  let length = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    // A surrogate counts for half of the four bytes of its pair.
    length += unit < 0x800 || isSurrogate(unit) ? 1 : 2;
  }
  return length;
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}
