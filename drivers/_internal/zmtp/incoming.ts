import type { ReadBuffer } from "./connection_types.ts";
import { MessageScanner, type MessageSink } from "./message_scanner.ts";

const MAX_READ_BYTES = 256 * 1024;
/** A larger frame is read into memory of its own. */
const LARGE_BYTES = 64 * 1024;

/** Bytes of a connection on their way to a sink of messages, with a frame that is not whole yet. */
export class Incoming {
  readonly #scanner: MessageScanner;
  /** Where the next bytes go. */
  #buffer: ReadBuffer | undefined;
  /** Of a frame that is not whole. */
  #rest: Uint8Array<ArrayBuffer> | undefined;
  /** A large frame while it arrives, and how much of it has arrived. */
  #large: Uint8Array<ArrayBuffer> | undefined;
  #largeEnd = 0;

  constructor(sink: MessageSink, maxFrameBytes: number) {
    this.#scanner = new MessageScanner(sink, maxFrameBytes);
  }

  /** Where the next bytes go; undefined without a buffer for them. */
  room(bufferOf: () => ReadBuffer | undefined): Uint8Array<ArrayBuffer> | undefined {
    if (this.#large !== undefined) return this.#large.subarray(this.#largeEnd);
    const buffer = this.#buffer = bufferOf();
    if (buffer === undefined) return undefined;
    const from = buffer.at + (this.#rest?.length ?? 0);
    return buffer.bytes.subarray(from, from + MAX_READ_BYTES);
  }

  /**
   * Adds `count` bytes and hands out what is complete then.
   *
   * @param begin finds where the messages begin; undefined when too few bytes have arrived
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

  /** Returns where the first incomplete frame begins; its bytes are kept. */
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
