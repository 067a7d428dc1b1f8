import { WireError } from "./wire_error.ts";

/** The names of an event's fields, in the order of the `map` format. */
export const FIELD_NAMES = ["table", "key", "action", "value", "topic"] as const;
/** How many fields an event has. */
export const FIELD_COUNT = FIELD_NAMES.length;
/** Index of "table" in {@linkcode FIELD_NAMES}. */
export const TABLE = 0;
/** Index of "key" in {@linkcode FIELD_NAMES}. */
export const KEY = 1;
/** Index of "action" in {@linkcode FIELD_NAMES}. */
export const ACTION = 2;
/** Index of "value" in {@linkcode FIELD_NAMES}. */
export const VALUE = 3;
/** Index of "topic" in {@linkcode FIELD_NAMES}. */
export const TOPIC = 4;

/**
 * What a field holds: the length of its text in bytes, or one of the three constants below. As a
 * mark is one number, checking an event needs no object per field.
 */
export type FieldMark = number;
/** A value that is neither text nor nil. */
export const OTHER: FieldMark = -1;
/** Nil, JSON's null. */
export const NIL: FieldMark = -2;
/** No such field. */
export const ABSENT: FieldMark = -3;

/** Topics are 1 to this many bytes of UTF-8. */
export const MAX_TOPIC_BYTES = 255;

const ROW_TEXT = "a string, since the action is about a row";

/**
 * The rules for an event's five fields, for both formats, in both directions. A reader or writer of
 * a format sets the marks and then calls {@linkcode EventFields.check}. One instance is reused for
 * all events.
 */
export class EventFields {
  readonly #marks = new Int32Array(FIELD_COUNT);

  /** Forgets the last event: all fields are absent. */
  clear(): void {
    for (let field = 0; field < this.#marks.length; field++) this.#marks[field] = ABSENT;
  }

  /** Sets the mark of a field; if a name occurs twice, the last one counts, as in the original. */
  set(field: number, mark: FieldMark): void {
    this.#marks[field] = mark;
  }

  /** The mark of a field. */
  mark(field: number): FieldMark {
    return this.#marks[field] ?? ABSENT;
  }

  /**
   * Checks the event. `rowAction`: whether its action is about one row.
   *
   * @throws {WireError} `FIELD_MISSING`, `FIELD_MISTYPED` or `TOPIC_INVALID`
   */
  check(rowAction: boolean): void {
    for (let field = 0; field < FIELD_COUNT; field++) {
      if (this.mark(field) === ABSENT) throw missing(field);
    }
    if (this.mark(ACTION) <= 0) throw this.#mistyped(ACTION, "a non-empty string");
    this.#checkTextOrNil(TABLE, rowAction);
    this.#checkTextOrNil(KEY, rowAction);
    this.#checkTextOrNil(TOPIC, false);
    if (this.mark(TOPIC) > MAX_TOPIC_BYTES) throw topicTooLong(this.mark(TOPIC));
  }

  #checkTextOrNil(field: number, textOnly: boolean): void {
    const mark = this.mark(field);
    if (mark >= 0 || (mark === NIL && !textOnly)) return;
    throw this.#mistyped(field, textOnly ? ROW_TEXT : "a string or null");
  }

  #mistyped(field: number, wanted: string): WireError {
    const is = describe(this.mark(field));
    return new WireError(
      "FIELD_MISTYPED",
      `Event "${FIELD_NAMES[field]}": ${is}, wanted ${wanted}`,
    );
  }
}

function missing(field: number): WireError {
  const wanted = field === VALUE ? "any JSON value, including null" : "this field in every event";
  return new WireError("FIELD_MISSING", `Event "${FIELD_NAMES[field]}": missing, wanted ${wanted}`);
}

function topicTooLong(bytes: number): WireError {
  const message = `Event "topic": ${bytes} bytes, wanted at most ${MAX_TOPIC_BYTES}`;
  return new WireError("TOPIC_INVALID", message);
}

function describe(mark: FieldMark): string {
  if (mark === NIL) return "null";
  if (mark === 0) return "an empty string";
  return mark > 0 ? "a string" : "neither a string nor null";
}
