import { readWholeDocument, writeDocument } from "./wire_document.ts";

const VERSION = 1;

/** The longest a service lets a request wait, whatever it asks for. */
export const MAX_WAIT_MS = 30_000;

/** Asks the service how many events of a worker it has accepted. */
export interface AcceptanceRequest {
  /** The id that the worker's events carry, a UUID. */
  readonly publisher: string;
  /** The answer may wait until so many were accepted or refused. */
  readonly wanted: number;
  /** But no longer than so many milliseconds. */
  readonly waitMs: number;
}

/** What the service says to that. */
export interface AcceptanceAnswer {
  /** The start of the service, in microseconds since 1970: its counts begin with it. */
  readonly service: number;
  /** Events of the worker that it has handed to the network. */
  readonly accepted: number;
  /** Events of the worker that it has refused. */
  readonly refused: number;
  /** Which of the counts that the service has begun this is; 0 where none is. */
  readonly count: number;
}

/** A request as octets of the caller's own: a MessagePack map of `acceptance` (the version) and the rest. */
export function encodeAcceptanceRequest(request: AcceptanceRequest): Uint8Array {
  const { publisher, wanted, waitMs } = request;
  return writeDocument({ acceptance: VERSION, publisher, wanted, wait: Math.ceil(waitMs) });
}

/**
 * The request that octets hold; nothing of it refers to them.
 *
 * @throws {WireError} for anything else
 */
export function decodeAcceptanceRequest(octets: Uint8Array): AcceptanceRequest {
  const fields = readWholeDocument(octets, "Acceptance request");
  fields.version("acceptance", VERSION);
  return {
    publisher: fields.publisher("publisher"),
    wanted: fields.count("wanted", 0),
    waitMs: Math.min(MAX_WAIT_MS, fields.count("wait", 0)),
  };
}

/** An answer as octets of the caller's own: a map of `acceptance`, `service` and the counts. */
export function encodeAcceptanceAnswer(answer: AcceptanceAnswer): Uint8Array {
  const { service, accepted, refused, count } = answer;
  return writeDocument({ acceptance: VERSION, service, accepted, refused, count });
}

/**
 * The answer that octets hold.
 *
 * @throws {WireError} for anything else
 */
export function decodeAcceptanceAnswer(octets: Uint8Array): AcceptanceAnswer {
  const fields = readWholeDocument(octets, "Acceptance answer");
  fields.version("acceptance", VERSION);
  return {
    service: fields.count("service", 1),
    accepted: fields.count("accepted", 0),
    refused: fields.count("refused", 0),
    count: fields.count("count", 0),
  };
}
