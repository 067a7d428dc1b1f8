import { WireError } from "../event/codec/wire_error.ts";
import { readDocument, readWholeDocument, writeDocument } from "./wire_document.ts";

const VERSION = 1;
/** An octet of type (MessagePack's `bin 32`) and four of length before each event of an answer. */
const BIN_32 = 0xc6;
const EVENT_HEADER = 5;

/** Asks a publisher for events that were missed. */
export interface ReplayRequest {
  /** The publisher's id, a UUID. */
  readonly publisher: string;
  /** The start of that publisher that positions count from. */
  readonly epoch: number;
  /** The topic of events. */
  readonly topic: string;
  /** The first position that is missing, 1 or more. */
  readonly from: number;
  /** The last position that is missing. */
  readonly to: number;
}

/** Some of what was asked for: an answer is bounded, the rest takes another request. */
export interface ReplayAnswer {
  /** The publisher's id, as asked for. */
  readonly publisher: string;
  /** As asked for. */
  readonly epoch: number;
  /** As asked for. */
  readonly topic: string;
  /**
   * The position of the first event: the oldest that is held, from `from` on. Those before it are
   * gone. 0 when none of the range is held.
   */
  readonly first: number;
  /** Consecutive payloads as they were published, stamps included; none only when `first` is 0. */
  readonly events: readonly Uint8Array[];
}

/** A request as octets of the caller's own: a MessagePack map of `replay` (the version) and the rest. */
export function encodeReplayRequest(request: ReplayRequest): Uint8Array {
  const { publisher, epoch, topic, from, to } = request;
  return writeDocument({ replay: VERSION, publisher, epoch, topic, from, to });
}

/**
 * The request that octets hold.
 *
 * @throws {WireError} for anything else, or a range that ends before it begins
 */
export function decodeReplayRequest(octets: Uint8Array): ReplayRequest {
  const fields = readWholeDocument(octets, "Replay request");
  fields.version("replay", VERSION);
  const from = fields.count("from", 1);
  return {
    publisher: fields.publisher("publisher"),
    epoch: fields.count("epoch", 1),
    topic: fields.topic("topic"),
    from,
    to: fields.count("to", from),
  };
}

/** How many octets an event takes in an answer, its header included. */
export function replayEventOctets(event: Uint8Array): number {
  return EVENT_HEADER + event.length;
}

/**
 * An answer as octets of the caller's own: a MessagePack map of `replay` (the version), `publisher`,
 * `epoch`, `topic` and `first`, and after it each event as a `bin`.
 */
export function encodeReplayAnswer(answer: ReplayAnswer): Uint8Array {
  const { publisher, epoch, topic, first, events } = answer;
  const head = writeDocument({ replay: VERSION, publisher, epoch, topic, first });
  const size = events.reduce((sum, event) => sum + replayEventOctets(event), head.length);
  const octets = new Uint8Array(size);
  octets.set(head);
  events.reduce((at, event) => writeEvent(octets, at, event), head.length);
  return octets;
}

function writeEvent(octets: Uint8Array, at: number, event: Uint8Array): number {
  const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
  view.setUint8(at, BIN_32);
  view.setUint32(at + 1, event.length);
  octets.set(event, at + EVENT_HEADER);
  return at + replayEventOctets(event);
}

/**
 * The answer that octets hold; its events are views of them.
 *
 * @throws {WireError} for anything else
 */
export function decodeReplayAnswer(octets: Uint8Array): ReplayAnswer {
  const { fields, end } = readDocument(octets, "Replay answer");
  fields.version("replay", VERSION);
  const first = fields.count("first", 0);
  const events = readEvents(octets, end);
  if ((first === 0) !== (events.length === 0)) throw contradiction(first, events.length);
  return {
    publisher: fields.publisher("publisher"),
    epoch: fields.count("epoch", 1),
    topic: fields.topic("topic"),
    first,
    events,
  };
}

function readEvents(octets: Uint8Array, from: number): Uint8Array[] {
  const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
  const events: Uint8Array[] = [];
  for (let at = from; at < octets.length;) {
    const start = at + EVENT_HEADER;
    const end = start > octets.length ? Infinity : start + view.getUint32(at + 1);
    if (octets[at] !== BIN_32 || end > octets.length) throw truncated(at);
    events.push(octets.subarray(start, end));
    at = end;
  }
  return events;
}

function truncated(at: number): WireError {
  const message = `Replay answer "events": no whole one at octet ${at}, wanted a bin 32`;
  return new WireError("TRUNCATED", message);
}

function contradiction(first: number, events: number): WireError {
  const message =
    `Replay answer "first": ${first} with ${events} events, wanted 0 if there are none`;
  return new WireError("FIELD_MISTYPED", message);
}
