import { tooLarge } from "./limits.ts";
import type { WireFormat } from "./wire_fields.ts";
import { WireError } from "./wire_error.ts";

/**
 * The format of a payload, by its first byte. Releases of the original differ in format, and nothing
 * else on the wire tells them apart.
 *
 * @throws {WireError} `TOO_LARGE`, `TRUNCATED` for an empty payload, or `NOT_AN_EVENT`
 */
export function payloadFormat(payload: Uint8Array, maxBytes: number): WireFormat {
  if (payload.length > maxBytes) throw tooLarge(payload.length, maxBytes);
  const head = payload[0];
  if (head === undefined) {
    throw new WireError("TRUNCATED", 'Payload "size": 0 bytes, wanted a map or a string');
  }
  const format = formatOf(head);
  if (format !== undefined) return format;
  const message = `Payload "first byte": 0x${head.toString(16)}, wanted a map or a string`;
  throw new WireError("NOT_AN_EVENT", message);
}

/** The format of a payload that begins with this byte; undefined if it has neither. */
export function formatOf(head: number): WireFormat | undefined {
  if ((head >= 0x80 && head < 0x90) || head === 0xde || head === 0xdf) return "map";
  return (head >= 0xa0 && head < 0xc0) || (head >= 0xd9 && head <= 0xdb) ? "json" : undefined;
}
