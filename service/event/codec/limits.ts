import { WireError } from "./wire_error.ts";

/** How many maps and arrays may lie in one another, the event itself being the first. */
export const MAX_LEVELS = 32;

/** The largest payload that is sent or taken unless an option says otherwise: 1 MiB. */
export const DEFAULT_MAX_BYTES = 1024 * 1024;

/** A bound on the size of a payload. */
export interface SizeLimit {
  /** In bytes. @default DEFAULT_MAX_BYTES */
  readonly maxBytes?: number;
}

/** For a payload of more bytes than are sent or taken. */
export function tooLarge(bytes: number, maxBytes: number): WireError {
  const message = `Payload "size": ${bytes} bytes, wanted at most ${maxBytes}`;
  return new WireError("TOO_LARGE", message);
}

/** For a document of more than {@linkcode MAX_LEVELS} levels. */
export function tooDeep(): WireError {
  const message = `Payload "nesting": more than ${MAX_LEVELS} levels, wanted at most ${MAX_LEVELS}`;
  return new WireError("TOO_DEEP", message);
}

/** For a whole number that MessagePack has no integer for: rounding it would change a row unnoticed. */
export function numberOutOfRange(number: string): WireError {
  const wanted = "a whole number from -2^63 to 2^64-1";
  return new WireError("NUMBER_OUT_OF_RANGE", `Payload "number": ${number}, wanted ${wanted}`);
}

/** A bigint that has passed. @throws {WireError} when it has more than 64 bits */
export function checkedInteger(value: bigint): bigint {
  if (value === BigInt.asUintN(64, value) || value === BigInt.asIntN(64, value)) return value;
  throw numberOutOfRange(`${value}`.slice(0, 24));
}
