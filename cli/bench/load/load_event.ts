import { encodeUpdate } from "../../../service/event/codec/encode.ts";
import type { WireFormat } from "../../../service/event/codec/wire_fields.ts";
import { type DbUpdate, dbUpdate } from "../../../service/event/db_update.ts";

/** The table of a load's events: no application follows it. */
export const LOAD_TABLE = "df_pubsub_bench";

/** The topics of a load, always the same: no application subscribes to them. */
export function loadTopics(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `df-pubsub-bench.${index + 1}`);
}

/** The phase of a load to which an event belongs. */
export type LoadPhase =
  /** Not measured. */
  | "warmup"
  /** Measured. */
  | "measure"
  /** The last event of its stream; its number is that of the measured ones. */
  | "end";

/** The phases by their first letters: the value of an event begins with that of its phase. */
const PHASES: ReadonlyMap<string, LoadPhase> = new Map([
  ["w", "warmup"],
  ["m", "measure"],
  ["e", "end"],
]);

/** Offsets in the value of an event; padding follows up to the wanted size. */
const RUN = { start: 1, length: 8 };
const PUBLISHER = { start: 9, length: 4 };
const SEQ = { start: 13, length: 12 };
const SENT = { start: 25, length: 16 };
const HEAD_LENGTH = 41;

/** Maximum number of publishers of a load. */
const MAX_PUBLISHERS = 10 ** PUBLISHER.length - 1;

/** One stream of events, numbered from 1 in each phase. */
export interface LoadStream {
  /** Identifies the load: eight hexadecimal digits. */
  readonly run: string;
  /** The number of the publisher, from 1. */
  readonly publisher: number;
  /** One of {@linkcode loadTopics}. */
  readonly topic: string;
}

/** Options of {@linkcode LoadEventWriter}. */
export interface LoadEventOptions {
  readonly format: WireFormat;
  /** Bytes of each payload, without the position that a publisher appends. */
  readonly size: number;
  /** Maximum size of a payload, in bytes. */
  readonly maxEventBytes: number;
}

/**
 * Writes the events of one stream, each of exactly the wanted size. It changes the varying bytes in
 * one payload again and again, so that an event costs almost nothing.
 */
export class LoadEventWriter {
  /** The topic of the events. */
  readonly topic: string;
  readonly #payload: Uint8Array;
  readonly #valueStart: number;

  /** @throws {RangeError} if no event can have this size, or if it exceeds the limit */
  constructor(stream: LoadStream, options: LoadEventOptions) {
    const head = headOf(stream);
    this.topic = stream.topic;
    this.#payload = payloadOf(stream.topic, head, options);
    this.#valueStart = indexOf(this.#payload, new TextEncoder().encode(head));
  }

  /**
   * The payload of the next event, valid until the next call. `sentMicros`: microseconds since
   * 1970.
   */
  write(phase: LoadPhase, seq: number, sentMicros: number): Uint8Array {
    const at = this.#valueStart;
    this.#payload[at] = phase.charCodeAt(0);
    putDigits(this.#payload, at + SEQ.start, SEQ.length, seq);
    putDigits(this.#payload, at + SENT.start, SENT.length, sentMicros);
    return this.#payload;
  }
}

/** A received event of a load. */
export interface LoadEvent {
  readonly phase: LoadPhase;
  /** Run, publisher and topic: identifies the stream. */
  readonly stream: string;
  readonly run: string;
  readonly seq: number;
  /** Microseconds since 1970, by the sender's clock. */
  readonly sentMicros: number;
}

/** Parses an event of a load; undefined for any other event. */
export function readLoadEvent({ table, topic, value }: DbUpdate): LoadEvent | undefined {
  if (table !== LOAD_TABLE || typeof value !== "string") return undefined;
  const phase = PHASES.get(value.charAt(0));
  const seq = digitsOf(value, SEQ);
  const sentMicros = digitsOf(value, SENT);
  if (phase === undefined || !(seq >= 0) || !(sentMicros >= 0)) return undefined;
  const run = value.slice(RUN.start, RUN.start + RUN.length);
  return { phase, run, seq, sentMicros, stream: value.slice(RUN.start, SEQ.start) + topic };
}

/** The {@linkcode LoadEvent.stream} of a stream's events. */
export function streamKey({ run, publisher, topic }: LoadStream): string {
  return run + digitsOfPublisher(publisher) + topic;
}

function digitsOfPublisher(publisher: number): string {
  return String(publisher).padStart(PUBLISHER.length, "0");
}

function headOf({ run, publisher }: LoadStream): string {
  const digits = digitsOfPublisher(publisher);
  if (run.length !== RUN.length || digits.length !== PUBLISHER.length) {
    throw new RangeError(
      `Load "stream": run "${run}", publisher ${publisher}, wanted ${RUN.length} digits and ` +
        `1 to ${MAX_PUBLISHERS}`,
    );
  }
  return `m${run}${digits}`.padEnd(HEAD_LENGTH, "0");
}

function payloadOf(topic: string, head: string, options: LoadEventOptions): Uint8Array {
  const { format, size, maxEventBytes: maxBytes } = options;
  const encode = (padding: number) => {
    const value = head.padEnd(HEAD_LENGTH + padding, "x");
    const update = dbUpdate({ table: LOAD_TABLE, key: "load", action: "log", value, topic });
    return encodeUpdate(update, format, { maxBytes: Infinity });
  };
  if (size > maxBytes) throw noSuchSize(size, `at most ${maxBytes}`);
  const least = encode(0).length;
  if (size < least) throw noSuchSize(size, `${least} or more`);
  // A longer text may need a longer header, which takes from the padding.
  let payload = encode(size - least);
  const over = payload.length - size;
  if (over > 0) payload = encode(size - least - over);
  if (payload.length === size) return payload;
  throw noSuchSize(size, `${payload.length}, or some bytes more`);
}

function noSuchSize(size: number, wanted: string): RangeError {
  return new RangeError(`Event "size": ${size} bytes, which no event can have, wanted ${wanted}`);
}

function indexOf(bytes: Uint8Array, part: Uint8Array): number {
  for (let at = 0; at + part.length <= bytes.length; at++) {
    if (part.every((byte, offset) => bytes[at + offset] === byte)) return at;
  }
  throw new RangeError("Load event: its value is not in the payload as text");
}

const ZERO = 48;
/** Smaller numbers are divided as 32-bit integers, which is several times faster. */
const SMALL = 1e8;
const SMALL_DIGITS = 8;

function putDigits(bytes: Uint8Array, start: number, length: number, number: number): void {
  const high = Math.floor(number / SMALL);
  const split = Math.max(start, start + length - SMALL_DIGITS);
  putSmall(bytes, split, start + length, number - high * SMALL);
  putSmall(bytes, start, split, high);
}

function putSmall(bytes: Uint8Array, start: number, end: number, number: number): void {
  let left = number | 0;
  for (let at = end - 1; at >= start; at--) {
    const next = (left / 10) | 0;
    bytes[at] = ZERO + left - next * 10;
    left = next;
  }
}

/** NaN if they are not digits. */
function digitsOf(text: string, { start, length }: typeof SEQ): number {
  let number = 0;
  for (let at = start; at < start + length; at++) {
    const digit = text.charCodeAt(at) - ZERO;
    if (!(digit >= 0 && digit <= 9)) return NaN;
    number = number * 10 + digit;
  }
  return number;
}
