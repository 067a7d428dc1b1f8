import { PubSubError } from "../../../drivers/contract/errors.ts";

/**
 * Everything that can be wrong with frames, and so the closed set a receiver may count by.
 *
 * - `TOPIC_INVALID`: a topic of no bytes, of more than 255, or of no UTF-8.
 * - `NOT_AN_EVENT`: a document of another kind: neither map nor string, or JSON that is no object.
 * - `TRUNCATED`, `TRAILING_BYTES`: the payload ends before its document, or after it.
 * - `INVALID_UTF8`: bytes that are no UTF-8, or a text with half a surrogate pair.
 * - `JSON_INVALID`: the string of the `json` shape is not JSON.
 * - `FIELD_MISSING`, `FIELD_MISTYPED`: of the event's five fields, or a value that JSON has no word for.
 * - `TOO_DEEP`, `TOO_LARGE`, `NUMBER_OUT_OF_RANGE`: beyond what is kept exactly and within bounds.
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
   * Makes the error; nothing else happens.
   *
   * @param message what was refused, what is and what was wanted
   */
  constructor(code: WireErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

const EXCERPT_LENGTH = 32;

/**
 * The beginning of a text that a peer sent, quoted for a message: at most about 40 characters, and
 * nothing in them that could break a log line.
 */
export function excerpt(text: string): string {
  const whole = text.length <= EXCERPT_LENGTH;
  const shown = whole ? text : `${text.slice(0, EXCERPT_LENGTH - 1)}…`;
  const quoted = JSON.stringify(shown);
  return quoted.length <= EXCERPT_LENGTH + 8 ? quoted : `${quoted.slice(0, EXCERPT_LENGTH)}…"`;
}
