import { WireError } from "./wire_error.ts";

/** Maximum depth of nested maps and arrays; the event itself is the first level. */
export const MAX_LEVELS = 32;

/** Default maximum size of a payload: 1 MiB. */
export const DEFAULT_MAX_BYTES = 1024 * 1024;

/** A limit on the size of a payload. */
export interface SizeLimit {
  /** In bytes. @default DEFAULT_MAX_BYTES */
  readonly maxBytes?: number;
}

/** The error for a payload that is larger than the limit. */
export function tooLarge(bytes: number, maxBytes: number): WireError {
  const message = `Payload "size": ${bytes} bytes, wanted at most ${maxBytes}`;
  return new WireError("TOO_LARGE", message);
}

/** The error for a document of more than {@linkcode MAX_LEVELS} levels. */
export function tooDeep(): WireError {
  const message = `Payload "nesting": more than ${MAX_LEVELS} levels, wanted at most ${MAX_LEVELS}`;
  return new WireError("TOO_DEEP", message);
}

/**
 * The error for a whole number that no MessagePack integer holds: rounding would change a row
 * silently.
 */
function numberOutOfRange(number: string): WireError {
  const wanted = "a whole number from -2^63 to 2^64-1";
  return new WireError("NUMBER_OUT_OF_RANGE", `Payload "number": ${number}, wanted ${wanted}`);
}

/** Returns the bigint. @throws {WireError} if it has more than 64 bits */
export function checkedInteger(value: bigint): bigint {
  if (value === BigInt.asUintN(64, value) || value === BigInt.asIntN(64, value)) return value;
  throw numberOutOfRange(`${value}`.slice(0, 24));
}
