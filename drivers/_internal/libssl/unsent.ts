import { type ByteStream, ENDED } from "../sockets/byte_stream.ts";

/** Bytes that a stream has not taken yet. */
export class Unsent {
  readonly #stream: ByteStream;
  /** Its own copy: nobody else changes it. */
  #bytes = new Uint8Array();

  constructor(stream: ByteStream) {
    this.#stream = stream;
  }

  get length(): number {
    return this.#bytes.length;
  }

  /** Sends the bytes after all others, and keeps a copy of the rest. Returns false at the end. */
  send(bytes: Uint8Array<ArrayBuffer>): boolean {
    const sent = this.length > 0 ? 0 : this.#stream.send(bytes);
    if (sent === ENDED) return false;
    const kept = this.#bytes;
    if (sent === bytes.length) return true;
    this.#bytes = new Uint8Array(kept.length + bytes.length - sent);
    this.#bytes.set(kept);
    this.#bytes.set(bytes.subarray(sent), kept.length);
    return true;
  }

  /** Sends what is left. Returns false at the end of the stream. */
  flush(): boolean {
    const sent = this.length === 0 ? 0 : this.#stream.send(this.#bytes);
    // Without a new copy: a slow peer takes a little at a time.
    this.#bytes = sent === ENDED ? new Uint8Array() : this.#bytes.subarray(sent);
    return sent !== ENDED;
  }
}
