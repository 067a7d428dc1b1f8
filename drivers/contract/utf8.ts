/** Below this many bytes a loop is quicker than the set-up of a `TextDecoder`. */
const SHORT_TEXT = 24;

// `ignoreBOM` keeps a leading U+FEFF: it is part of a peer's text, not a mark of ours.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * Where the bytes from `start` up to `end` stop being UTF-8 (Unicode, table 3-7): the offset of the
 * first sequence that is overlong, a surrogate, beyond U+10FFFF, cut short or otherwise wrong, or -1
 * when there is none. Makes no string.
 */
export function utf8FaultAt(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end) {
    // Four at a time while they last: most text is ASCII.
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

/** How many bytes the well-formed sequence at `at` has, which is not ASCII; 0 for a faulty one. */
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

/** The second byte is where overlong forms of three and four bytes show. */
function lowestSecond(lead: number): number {
  if (lead === 0xe0) return 0xa0;
  return lead === 0xf0 ? 0x90 : 0x80;
}

/** And where surrogates and what lies beyond U+10FFFF do. */
function highestSecond(lead: number): number {
  if (lead === 0xed) return 0x9f;
  return lead === 0xf4 ? 0x8f : 0xbf;
}

/** The text of bytes that {@linkcode utf8FaultAt} has found no fault in. */
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

/** How many bytes a text without lone surrogates takes. */
export function utf8Length(text: string): number {
  let length = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    // A surrogate is half of the four bytes of its pair.
    length += unit < 0x800 || isSurrogate(unit) ? 1 : 2;
  }
  return length;
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}
