import { PubSubError } from "../../../drivers/contract/errors.ts";

/**
 * Reasons for refusing a frame: a closed set, so that receivers can count by it.
 *
 * - `TOPIC_INVALID`: a topic that is empty, longer than 255 bytes, or not UTF-8.
 * - `NOT_AN_EVENT`: neither a map nor a string, or JSON that is not an object.
 * - `TRUNCATED`, `TRAILING_BYTES`: the payload ends too early or too late.
 * - `INVALID_UTF8`: bytes that are not UTF-8, or text with half a surrogate pair.
 * - `JSON_INVALID`: the string of the `json` format is not JSON.
 * - `FIELD_MISSING`, `FIELD_MISTYPED`: one of the event's five fields, or a value that JSON cannot
 *   express.
 * - `TOO_DEEP`, `TOO_LARGE`, `NUMBER_OUT_OF_RANGE`: the event exceeds a limit, or a number is not
 *   kept exactly.
 */
export type WireErrorCode =
  | "FIELD_MISSING"
  | "FIELD_MISTYPED"
  | "INVALID_UTF8"
  | "JSON_INVALID"
  | "NOT_AN_EVENT"
  | "NUMBER_OUT_OF_RANGE"
  | "TOO_DEEP"
  | "TOO_LARGE"
  | "TOPIC_INVALID"
  | "TRAILING_BYTES"
  | "TRUNCATED";

/** What the codec throws, and all that it throws, for an event that must not be sent or taken. */
export class WireError extends PubSubError {
  /** The name of the class, as in a stack trace. */
  override readonly name = "WireError";
  /** Which of the things that can be wrong this is. */
  override readonly code: WireErrorCode;

  /**
   * Creates the error.
   *
   * @param message what was refused, what it is and what was wanted
   */
  constructor(code: WireErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

const EXCERPT_LENGTH = 32;

/**
 * The beginning of a text from a peer, quoted for a message: at most about 40 characters, without
 * any that could break a log line.
 */
export function excerpt(text: string): string {
  const whole = text.length <= EXCERPT_LENGTH;
  const shown = whole ? text : `${text.slice(0, EXCERPT_LENGTH - 1)}…`;
  const quoted = JSON.stringify(shown);
  return quoted.length <= EXCERPT_LENGTH + 8 ? quoted : `${quoted.slice(0, EXCERPT_LENGTH)}…"`;
}
