import { Buffer } from "node:buffer";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Octets as text; undefined when they are no UTF-8. */
export function decodeRedisText(octets: Uint8Array): string | undefined {
  try {
    return decoder.decode(octets);
  } catch {
    return undefined;
  }
}

/** Octets in latin1 text, as the text that they spell; undefined when they are no UTF-8. */
export function decodeRedisName(latin1: string): string | undefined {
  return /^[\0-\x7f]*$/.test(latin1) ? latin1 : decodeRedisText(Buffer.from(latin1, "latin1"));
}
