/**
 * How text is spelled in the database file: as it is, but for two characters that no ordinary row
 * has. node:sqlite cuts text at U+0000 when reading, so U+0000 is written as U+0001 U+0001, and
 * U+0001 as U+0001 U+0002. Equal texts stay equal and the order of texts stays the same.
 */
export function toStored(text: string): string {
  if (!text.includes("\0") && !text.includes("\x01")) return text;
  return text.replaceAll("\x01", "\x01\x02").replaceAll("\0", "\x01\x01");
}

/** Undoes {@linkcode toStored}. */
export function fromStored(stored: string): string {
  if (!stored.includes("\x01")) return stored;
  return stored.replaceAll("\x01\x01", "\0").replaceAll("\x01\x02", "\x01");
}
