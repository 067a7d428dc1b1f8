import type { JsonValue } from "../event/db_update.ts";
import { isPublisherId } from "../event/codec/event_stamp.ts";
import { isJsonObject, type JsonObject } from "../event/codec/json_value.ts";
import { DEFAULT_MAX_BYTES } from "../event/codec/limits.ts";
import { MsgpackReader } from "../event/codec/msgpack_reader.ts";
import { MsgpackScanner } from "../event/codec/msgpack_scanner.ts";
import { MsgpackWriter } from "../event/codec/msgpack_writer.ts";
import { checkTopic } from "../event/codec/topic.ts";
import { WireError } from "../event/codec/wire_error.ts";

const scanner = new MsgpackScanner();
const writer = new MsgpackWriter();

/** A map that was read, and where what follows it begins. */
export interface ReadDocument {
  readonly fields: DocumentFields;
  /** Octets from the start. */
  readonly end: number;
}

/** The MessagePack map of a hello, a request or an answer, as octets of the caller's own. */
export function writeDocument(fields: JsonObject): Uint8Array {
  writer.open(DEFAULT_MAX_BYTES);
  writer.value(fields);
  return writer.finish();
}

/**
 * The MessagePack map that octets begin with, held to the rules of events: nothing in it refers to
 * the octets.
 *
 * @param kind what it should be, as the first word of a message
 * @throws {WireError}
 */
export function readDocument(octets: Uint8Array, kind: string): ReadDocument {
  scanner.open(octets);
  try {
    scanner.value(1);
    return { fields: fieldsAt(octets, kind), end: scanner.position };
  } finally {
    scanner.release();
  }
}

/**
 * The same of octets that are this map and nothing else.
 *
 * @throws {WireError}
 */
export function readWholeDocument(octets: Uint8Array, kind: string): DocumentFields {
  const { fields, end } = readDocument(octets, kind);
  if (end === octets.length) return fields;
  const message = `${kind} "end": ${octets.length - end} octets after the map, wanted none`;
  throw new WireError("TRAILING_BYTES", message);
}

function fieldsAt(octets: Uint8Array, kind: string): DocumentFields {
  const value = new MsgpackReader(octets, 0).read();
  if (isJsonObject(value)) return new DocumentFields(kind, value);
  throw new WireError("NOT_AN_EVENT", `${kind} "document": no map, wanted one`);
}

/** The fields of a document by name, each held to what it has to be. */
export class DocumentFields {
  readonly #kind: string;
  readonly #fields: JsonObject;

  /** `kind` is the first word of a message. */
  constructor(kind: string, fields: JsonObject) {
    this.#kind = kind;
    this.#fields = fields;
  }

  /** Makes sure that it is of the version that is known. @throws {WireError} */
  version(name: string, known: number): void {
    if (this.#field(name) !== known) throw this.#mistyped(name, `version ${known}`);
  }

  /** A UUID. @throws {WireError} */
  publisher(name: string): string {
    const value = this.#field(name);
    if (isPublisherId(value)) return value;
    throw this.#mistyped(name, "a UUID in lower case");
  }

  /** The topic of events. @throws {WireError} */
  topic(name: string): string {
    const value = this.#field(name);
    if (typeof value !== "string") throw this.#mistyped(name, "a topic");
    checkTopic(value);
    return value;
  }

  /** A text that is not empty, or null. @throws {WireError} */
  textOrNull(name: string): string | null {
    const value = this.#field(name);
    if (value === null || (typeof value === "string" && value !== "")) return value;
    throw this.#mistyped(name, "a string or null");
  }

  /** A whole number from `least` on that a double holds exactly. @throws {WireError} */
  count(name: string, least: number): number {
    const value = this.#field(name);
    if (typeof value === "number" && Number.isSafeInteger(value) && value >= least) return value;
    throw this.#mistyped(name, `a whole number, ${least} or more`);
  }

  #field(name: string): JsonValue {
    const value = Object.hasOwn(this.#fields, name) ? this.#fields[name] : undefined;
    if (value !== undefined) return value;
    throw new WireError("FIELD_MISSING", `${this.#kind} "${name}": missing, wanted it`);
  }

  #mistyped(name: string, wanted: string): WireError {
    return new WireError("FIELD_MISTYPED", `${this.#kind} "${name}": wanted ${wanted}`);
  }
}
