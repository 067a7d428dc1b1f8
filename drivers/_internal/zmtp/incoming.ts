import type { ReadBuffer } from "./connection_types.ts";
import { MessageScanner, type MessageSink, type ScannerOptions } from "./message_scanner.ts";

const MAX_READ_BYTES = 256 * 1024;
/** A frame that needs more bytes than this gets its own buffer. */
const LARGE_BYTES = 64 * 1024;

/** Passes the bytes of a connection to a sink of messages, and keeps an incomplete frame. */
export class Incoming {
  readonly #scanner: MessageScanner;
  /** The buffer for the next bytes. */
  #buffer: ReadBuffer | undefined;
  /** The bytes of an incomplete frame. */
  #rest: Uint8Array<ArrayBuffer> | undefined;
  /** A large frame that is still arriving, and the number of its bytes that have arrived. */
  #large: Uint8Array<ArrayBuffer> | undefined;
  #largeEnd = 0;

  constructor(sink: MessageSink, options: ScannerOptions) {
    this.#scanner = new MessageScanner(sink, options);
  }

  /** Returns where to read the next bytes into; undefined if `bufferOf` returns no buffer. */
  room(bufferOf: () => ReadBuffer | undefined): Uint8Array<ArrayBuffer> | undefined {
    if (this.#large !== undefined) return this.#large.subarray(this.#largeEnd);
    const buffer = this.#buffer = bufferOf();
    if (buffer === undefined) return undefined;
    const from = buffer.at + (this.#rest?.length ?? 0);
    return buffer.bytes.subarray(from, from + MAX_READ_BYTES);
  }

  /**
   * Adds `count` bytes and passes on the messages that are now complete.
   *
   * @param begin returns the offset of the first message; undefined if too few bytes have arrived
   */
  take(
    count: number,
    begin?: (bytes: Uint8Array<ArrayBuffer>) => number | undefined,
  ): void {
    if (this.#large !== undefined) return this.#takeLarge(this.#large, count);
    const buffer = this.#buffer;
    this.#buffer = undefined;
    if (buffer === undefined) return;
    const { bytes, at: from } = buffer;
    const rest = this.#rest;
    const end = from + (rest?.length ?? 0) + count;
    if (rest !== undefined) bytes.set(rest, from);
    this.#rest = undefined;
    const skipped = begin === undefined ? 0 : begin(bytes.subarray(from, end));
    if (skipped === undefined) this.#rest = bytes.slice(from, end);
    else buffer.at = this.#scan(bytes, from + skipped, end);
  }

  #takeLarge(large: Uint8Array<ArrayBuffer>, count: number): void {
    this.#largeEnd += count;
    if (this.#largeEnd < large.length) return;
    this.#large = undefined;
    this.#scan(large, 0, large.length);
  }

  /** Returns the offset of the first incomplete frame, and keeps the bytes of that frame. */
  #scan(bytes: Uint8Array<ArrayBuffer>, from: number, end: number): number {
    const at = this.#scanner.scan(bytes, from, end);
    const { needed } = this.#scanner;
    if (at === end) return at;
    if (needed > LARGE_BYTES) {
      this.#large = new Uint8Array(needed);
      this.#large.set(bytes.subarray(at, end));
      this.#largeEnd = end - at;
    } else this.#rest = bytes.slice(at, end);
    return at;
  }
}
