import { PUBLISHER_TABLE } from "../db_update.ts";
import { ACTION, NIL, TABLE, VALUE } from "./event_fields.ts";
import { readJsonPayload } from "./json_payload.ts";
import { DEFAULT_MAX_BYTES, type SizeLimit } from "./limits.ts";
import { MapPayload } from "./map_payload.ts";
import { payloadShape } from "./payload_shape.ts";
import { isStamp, stampLayout } from "./stamp_layout.ts";
import type { WireFormat } from "./wire_fields.ts";

const encoder = new TextEncoder();
const TABLE_BYTES = encoder.encode(PUBLISHER_TABLE);
/** The actions whose receivers want the row. */
const WITH_VALUE: ReadonlySet<string> = new Set(["create", "set"]);
const WITH_VALUE_BYTES = [...WITH_VALUE].map((action) => encoder.encode(action));

const JSON_STAMP = stampLayout("json");

/**
 * Says whether a payload is an event, without decoding it: for a relay, which hands on the bytes.
 *
 * Accepts exactly what {@linkcode decodeUpdate} accepts and refuses the rest with the same code. In
 * the `map` shape nothing is allocated and no string is made; the `json` shape is parsed. One
 * checker serves any number of payloads, one after another; what it says is of the last one it
 * accepted.
 */
export class PayloadChecker {
  readonly #maxBytes: number;
  readonly #map = new MapPayload();
  #shape: WireFormat = "map";
  #isPublisherTable = false;
  #lacksValue = false;
  #tableOffset = -1;
  #tableLength = 0;
  #stampOffset = -1;

  /** Holds payloads to the given size. */
  constructor(options: SizeLimit = {}) {
    this.#maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES;
  }

  /** The shape of the payload. */
  get shape(): WireFormat {
    return this.#shape;
  }

  /** Whether the event is about the publishers table. */
  get isPublisherTable(): boolean {
    return this.#isPublisherTable;
  }

  /** Whether the event says that a row was written, and not what is in it: its value is null or empty. */
  get lacksValue(): boolean {
    return this.#lacksValue;
  }

  /** Where the table's name is, in bytes from the start; -1 when it is null, or the shape `json`. */
  get tableOffset(): number {
    return this.#tableOffset;
  }

  /** How many bytes of UTF-8 the table's name has there; 0 when there is no offset. */
  get tableLength(): number {
    return this.#tableLength;
  }

  /**
   * Where the stamp begins that ends the payload, as this project writes it and up to the payload's
   * end; -1 when there is none.
   */
  get stampOffset(): number {
    return this.#stampOffset;
  }

  /**
   * Judges a payload, which is not kept.
   *
   * @throws {WireError}
   */
  check(payload: Uint8Array): void {
    const shape = payloadShape(payload, this.#maxBytes);
    if (shape === "map") this.#checkMap(payload);
    else this.#checkJson(payload);
    this.#shape = shape;
  }

  #checkMap(payload: Uint8Array): void {
    const map = this.#map;
    map.scan(payload);
    const length = map.fields.mark(TABLE);
    this.#tableOffset = length < 0 ? -1 : map.start(TABLE);
    this.#tableLength = length < 0 ? 0 : length;
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
    this.#tableOffset = -1;
    this.#tableLength = 0;
    // Of a text that is one JSON object, the end is what it looks like: no string reaches into it.
    const offset = payload.length - JSON_STAMP.bytes.length;
    this.#stampOffset = isStamp(payload, offset, JSON_STAMP) ? offset : -1;
  }
}
