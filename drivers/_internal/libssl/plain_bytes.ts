import type { ByteStream } from "../sockets/byte_stream.ts";

/** The bytes of a peer without TLS: first those that arrived before that was known. */
export class PlainBytes {
  readonly #stream: ByteStream;
  #first: Uint8Array<ArrayBuffer>;

  constructor(stream: ByteStream, first: Uint8Array<ArrayBuffer>) {
    this.#stream = stream;
    this.#first = first;
  }

  receive(into: Uint8Array<ArrayBuffer>): number {
    const first = this.#first.subarray(0, into.length);
    if (first.length === 0) return this.#stream.receive(into);
    into.set(first);
    this.#first = this.#first.subarray(first.length);
    return first.length;
  }
}
