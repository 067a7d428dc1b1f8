import { PUBLISHER_TABLE } from "../db_update.ts";
import { ACTION, NIL, TABLE, VALUE } from "./event_fields.ts";
import { readJsonPayload } from "./json_payload.ts";
import { DEFAULT_MAX_BYTES, type SizeLimit } from "./limits.ts";
import { MapPayload } from "./map_payload.ts";
import { payloadFormat } from "./payload_format.ts";
import { isStamp, stampLayout } from "./stamp_layout.ts";
import type { WireFormat } from "./wire_fields.ts";

const encoder = new TextEncoder();
const TABLE_BYTES = encoder.encode(PUBLISHER_TABLE);
/** Actions whose receivers need the value of the row. */
const WITH_VALUE: ReadonlySet<string> = new Set(["create", "set"]);
const WITH_VALUE_BYTES = [...WITH_VALUE].map((action) => encoder.encode(action));

const JSON_STAMP = stampLayout("json");

/**
 * Checks whether a payload is an event, without decoding it: for a relay, which forwards the bytes.
 *
 * It accepts the payloads that {@linkcode decodeUpdate} accepts and refuses all others with the
 * same code. The `map` format is checked without allocating; the `json` format is parsed. One checker
 * is reused for all payloads; its getters describe the last accepted one.
 */
export class PayloadChecker {
  readonly #maxBytes: number;
  readonly #map = new MapPayload();
  #format: WireFormat = "map";
  #isPublisherTable = false;
  #lacksValue = false;
  #stampOffset = -1;

  /** Creates a checker with this size limit. */
  constructor(options: SizeLimit = {}) {
    this.#maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES;
  }

  /** The format of the payload. */
  get format(): WireFormat {
    return this.#format;
  }

  /** Whether the event is about the publishers table. */
  get isPublisherTable(): boolean {
    return this.#isPublisherTable;
  }

  /**
   * Whether the event says that a row was written but lacks its content: its value is null or
   * empty.
   */
  get lacksValue(): boolean {
    return this.#lacksValue;
  }

  /**
   * Offset of a stamp in the form that this project writes, which must end the payload; -1 without
   * one.
   */
  get stampOffset(): number {
    return this.#stampOffset;
  }

  /**
   * Checks a payload. The checker does not keep it.
   *
   * @throws {WireError}
   */
  check(payload: Uint8Array): void {
    const format = payloadFormat(payload, this.#maxBytes);
    if (format === "map") this.#checkMap(payload);
    else this.#checkJson(payload);
    this.#format = format;
  }

  #checkMap(payload: Uint8Array): void {
    const map = this.#map;
    map.scan(payload);
    this.#stampOffset = map.stampOffset;
    this.#isPublisherTable = map.holds(payload, TABLE, TABLE_BYTES);
    const value = map.fields.mark(VALUE);
    this.#lacksValue = (value === NIL || value === 0) &&
      WITH_VALUE_BYTES.some((action) => map.holds(payload, ACTION, action));
  }

  #checkJson(payload: Uint8Array): void {
    const { table, action, value } = readJsonPayload(payload);
    this.#isPublisherTable = table === PUBLISHER_TABLE;
    this.#lacksValue = (value === null || value === "") && WITH_VALUE.has(action);
    // A text that is one JSON object can be compared from its end: no string reaches into the end.
    const offset = payload.length - JSON_STAMP.bytes.length;
    this.#stampOffset = isStamp(payload, offset, JSON_STAMP) ? offset : -1;
  }
}
