import type { Buffer } from "node:buffer";

/**
 * Decoding replaces bytes that are not UTF-8 with this character, which a text may also contain.
 */
const REPLACEMENT = "\ufffd";

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Decodes bytes; undefined if they are not UTF-8. */
export function strictText(bytes: Buffer): string | undefined {
  // Much cheaper than the strict decoder, and just as exact if nothing was replaced.
  const text = bytes.toString();
  return text.includes(REPLACEMENT) ? decodeStrictly(bytes) : text;
}

function decodeStrictly(bytes: Buffer): string | undefined {
  try {
    return strict.decode(bytes);
  } catch {
    return undefined;
  }
}
