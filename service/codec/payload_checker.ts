import { PUBLISHER_TABLE } from "../publisher_record.ts";
import { TABLE } from "./event_fields.ts";
import { readJsonPayload } from "./json_payload.ts";
import { DEFAULT_MAX_BYTES, type SizeLimit } from "./limits.ts";
import { MapPayload } from "./map_payload.ts";
import { payloadShape } from "./payload_shape.ts";
import type { WireFormat } from "./wire_fields.ts";

const PUBLISHER_OCTETS = new TextEncoder().encode(PUBLISHER_TABLE);

/**
 * Says whether a payload is an event, without decoding it: for a relay, which hands on the octets.
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
  #tableOffset = -1;
  #tableLength = 0;

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

  /** Where the table's name is, in octets from the start; -1 when it is null, or the shape `json`. */
  get tableOffset(): number {
    return this.#tableOffset;
  }

  /** How many octets of UTF-8 the table's name has there; 0 when there is no offset. */
  get tableLength(): number {
    return this.#tableLength;
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
    this.#isPublisherTable = map.holds(payload, TABLE, PUBLISHER_OCTETS);
  }

  #checkJson(payload: Uint8Array): void {
    this.#isPublisherTable = readJsonPayload(payload).table === PUBLISHER_TABLE;
    this.#tableOffset = -1;
    this.#tableLength = 0;
  }
}
