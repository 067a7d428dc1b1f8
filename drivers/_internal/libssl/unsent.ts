import { joined } from "../../contract/joined.ts";
import { type ByteStream, ENDED } from "../sockets/byte_stream.ts";

/** Bytes that a stream has not taken yet. */
export class Unsent {
  /** Whether sending has failed. The stream can still be read. */
  hasEnded = false;
  readonly #stream: ByteStream;
  /** Its own copy: nobody else changes it. */
  #bytes = new Uint8Array();

  constructor(stream: ByteStream) {
    this.#stream = stream;
  }

  get length(): number {
    return this.#bytes.length;
  }

  /** Sends the bytes after all others, and keeps a copy of the rest. */
  send(bytes: Uint8Array<ArrayBuffer>): void {
    const sent = this.length > 0 ? 0 : this.#stream.send(bytes);
    this.hasEnded ||= sent === ENDED;
    if (this.hasEnded || sent === bytes.length) return;
    this.#bytes = joined([this.#bytes, bytes.subarray(sent)]);
  }

  /** Sends what is left. */
  flush(): void {
    const sent = this.length === 0 ? 0 : this.#stream.send(this.#bytes);
    this.hasEnded ||= sent === ENDED;
    // Without a new copy: a slow peer takes a little at a time.
    this.#bytes = this.hasEnded ? new Uint8Array() : this.#bytes.subarray(sent);
  }
}
