import type { Buffer } from "node:buffer";

/** What decoding puts in the place of octets that are no UTF-8; a text may also hold it itself. */
const REPLACEMENT = "\ufffd";

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Octets as text; undefined when they are no UTF-8. */
export function decodeRedisText(octets: Buffer): string | undefined {
  // A fraction of what the strict decoder costs, and as exact where nothing was replaced.
  const text = octets.toString();
  return text.includes(REPLACEMENT) ? decodeStrictly(octets) : text;
}

function decodeStrictly(octets: Buffer): string | undefined {
  try {
    return strict.decode(octets);
  } catch {
    return undefined;
  }
}
