import { isPublisherId } from "./event_stamp.ts";
import { formatOf } from "./payload_format.ts";
import { type StampLayout, stampLayout } from "./stamp_layout.ts";
import type { WireFormat } from "./wire_fields.ts";

const CLOSING_BRACE = 0x7d;
const BLANK = 0x20;
const DIGIT_0 = 0x30;
const TEN_8 = 100_000_000;
const TWO_32 = 0x1_0000_0000;

/**
 * Appends the stamps of one publisher to payloads of either format. The content of a payload is
 * unchanged: the writer raises the size in its header and appends the stamp. If a name occurs
 * twice, decoders use the last one, both the original's and ours.
 *
 * Payloads must come from {@linkcode PayloadChecker} or {@linkcode encodeUpdate}, one at a time.
 * Nothing is allocated for the `map` format.
 */
export class StampWriter {
  readonly #mapStamp: Uint8Array;
  readonly #jsonStamp: Uint8Array;
  #epoch: number;
  // The current plan. Separate fields instead of an object, since this runs for every event.
  #layout: StampLayout = stampLayout("map");
  #isMap = true;
  /** Number of bytes of the payload that stay, including its header. */
  #kept = 0;
  #oldHead = 0;
  #newHead = 0;
  /** Size in the new header: names in the map, or bytes of text. */
  #count = 0;

  /**
   * Creates a writer without a plan.
   *
   * @param publisher the publisher's id, a UUID in lower case
   * @param epoch the epoch of its stamps, until the setter changes it
   * @throws {RangeError} for another id
   */
  constructor(publisher: string, epoch: number) {
    if (!isPublisherId(publisher)) {
      throw new RangeError(`Publisher id "${publisher}" is not a UUID in lower case`);
    }
    this.#mapStamp = stampFor("map", publisher, epoch);
    this.#jsonStamp = stampFor("json", publisher, epoch);
    this.#epoch = epoch;
  }

  /** The epoch of the following stamps. */
  set epoch(epoch: number) {
    if (epoch === this.#epoch) return;
    this.#epoch = epoch;
    writeUint64(this.#mapStamp, stampLayout("map").epoch, epoch);
    writeDigits(this.#jsonStamp, stampLayout("json").epoch, epoch);
  }

  /**
   * Plans the stamping of a payload.
   *
   * @param stampOffset offset of another publisher's stamp, which is replaced; -1 without one
   * @returns the size of the stamped payload; 0 if it has neither format, and must not be written
   */
  plan(payload: Uint8Array, stampOffset: number): number {
    const format = formatOf(payload[0] ?? 0);
    if (format === undefined) return 0;
    this.#isMap = format === "map";
    this.#layout = stampLayout(format);
    if (this.#isMap) this.#planMap(payload, stampOffset);
    else this.#planJson(payload, stampOffset);
    if (this.#kept < this.#oldHead) return 0;
    return this.#newHead + this.#kept - this.#oldHead + this.#layout.bytes.length;
  }

  /**
   * Writes the planned payload with a stamp into `bytes`, which must have room for it from `at` on.
   */
  write(payload: Uint8Array, bytes: Uint8Array, at: number, seq: number, sentAt: number): void {
    const size = this.#newHead + this.#kept - this.#oldHead;
    if (this.#isMap) bytes.set(payload, at + this.#newHead - this.#oldHead);
    else bytes.set(payload.subarray(this.#oldHead, this.#kept), at + this.#newHead);
    this.#writeHead(bytes, at);
    const stamp = at + size;
    bytes.set(this.#isMap ? this.#mapStamp : this.#jsonStamp, stamp);
    const write = this.#isMap ? writeUint64 : writeDigits;
    write(bytes, stamp + this.#layout.seq, seq);
    write(bytes, stamp + this.#layout.sent, sentAt);
  }

  #planMap(payload: Uint8Array, stampOffset: number): void {
    const head = payload[0] ?? 0;
    this.#oldHead = head < 0xde ? 1 : head === 0xde ? 3 : 5;
    const count = head < 0xde ? head & 0x0f : numberAt(payload, this.#oldHead);
    this.#kept = stampOffset < 0 ? payload.length : stampOffset;
    this.#count = stampOffset < 0 ? count + 4 : count;
    const needed = this.#count < 0x10 ? 1 : this.#count < 0x1_0000 ? 3 : 5;
    this.#newHead = Math.max(this.#oldHead, needed);
  }

  #planJson(payload: Uint8Array, stampOffset: number): void {
    const head = payload[0] ?? 0;
    this.#oldHead = head < 0xc0 ? 1 : 1 + (1 << (head - 0xd9));
    this.#kept = stampOffset < 0 ? payload.lastIndexOf(CLOSING_BRACE) : stampOffset;
    this.#count = this.#kept - this.#oldHead + this.#layout.bytes.length;
    this.#newHead = this.#count < 0x1_0000 ? 3 : 5;
  }

  /** Writes the header of a string in the old specification: never `d9`. */
  #writeHead(bytes: Uint8Array, at: number): void {
    const short = this.#isMap ? 0xde : 0xda;
    if (this.#newHead === 1) {
      bytes[at] = 0x80 | this.#count;
      return;
    }
    bytes[at] = this.#newHead === 3 ? short : short + 1;
    for (let i = 1; i < this.#newHead; i++) {
      bytes[at + i] = this.#count >>> 8 * (this.#newHead - 1 - i);
    }
  }
}

/** The number in the bytes from the second one up to `end`. */
function numberAt(bytes: Uint8Array, end: number): number {
  let number = 0;
  for (let i = 1; i < end; i++) number = number * 0x100 + (bytes[i] ?? 0);
  return number;
}

function stampFor(format: WireFormat, publisher: string, epoch: number): Uint8Array {
  const layout = stampLayout(format);
  const bytes = layout.bytes.slice();
  for (let i = 0; i < publisher.length; i++) {
    bytes[layout.publisher + i] = publisher.charCodeAt(i);
  }
  const write = format === "map" ? writeUint64 : writeDigits;
  write(bytes, layout.epoch, epoch);
  return bytes;
}

function writeUint64(bytes: Uint8Array, at: number, value: number): void {
  writeUint32(bytes, at, Math.floor(value / TWO_32));
  writeUint32(bytes, at + 4, value);
}

function writeUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

/** Writes 16 digits, enough for every whole number of a double, with leading blanks. */
function writeDigits(bytes: Uint8Array, at: number, value: number): void {
  const high = Math.floor(value / TEN_8);
  writeEight(bytes, at, high, false);
  writeEight(bytes, at + 8, value - high * TEN_8, high > 0);
  if (value === 0) bytes[at + 15] = DIGIT_0;
}

/** Writes 8 digits, since division of 32-bit integers is many times faster. */
function writeEight(bytes: Uint8Array, at: number, value: number, isPadded: boolean): void {
  let rest = value | 0;
  for (let i = at + 7; i >= at; i--) {
    bytes[i] = rest === 0 && !isPadded ? BLANK : DIGIT_0 + rest % 10;
    rest = (rest / 10) | 0;
  }
}
