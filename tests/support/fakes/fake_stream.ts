import {
  type ByteStream,
  ENDED,
  type StreamEvents,
  type StreamFault,
} from "../../../drivers/_internal/sockets/byte_stream.ts";
import { joined } from "../../../drivers/contract/joined.ts";

/** A {@linkcode ByteStream} whose other end is a test. */
export class FakeStream implements ByteStream {
  readonly peer = "192.0.2.1:5000";
  endReason = "the peer closed the connection";
  fault: StreamFault | undefined;
  delayedMs: number | undefined;
  /**
   * The number of bytes that each of the next sends accepts. After these, a send accepts all bytes.
   * `ENDED` is an error.
   */
  readonly takes: number[] = [];
  /** The bytes that each send accepted. */
  readonly sent: Uint8Array[] = [];
  isClosed = false;
  isReading = true;
  isWriting = false;
  isFinished = false;
  #events: StreamEvents | undefined;
  #incoming: Uint8Array[] = [];
  #hasEnded = false;

  start(events: StreamEvents): void {
    this.#events = events;
  }

  /** All bytes sent, in one piece. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return joined(this.sent);
  }

  /** Delivers bytes from the peer. They are read at once, unless reading is paused. */
  arrive(...parts: readonly Uint8Array[]): void {
    this.#incoming.push(...parts.filter(({ length }) => length > 0));
    this.#read();
  }

  /** Ends the peer's sending direction. */
  end(): void {
    this.#hasEnded = true;
    this.#read();
  }

  /** Reports that there is room again. */
  drain(): void {
    if (this.isWriting) this.#events?.onWritable();
  }

  #read(): void {
    while (this.isReading && !this.isClosed && (this.#incoming.length > 0 || this.#hasEnded)) {
      this.#events?.onReadable();
    }
  }

  receive(into: Uint8Array<ArrayBuffer>): number {
    const [next] = this.#incoming;
    if (next === undefined) return this.#hasEnded ? ENDED : 0;
    const count = Math.min(next.length, into.length);
    into.set(next.subarray(0, count));
    if (count === next.length) this.#incoming.shift();
    else this.#incoming[0] = next.subarray(count);
    return count;
  }

  send(bytes: Uint8Array<ArrayBuffer>): number {
    const count = Math.min(this.takes.shift() ?? bytes.length, bytes.length);
    if (count > 0) this.sent.push(bytes.slice(0, count));
    return count;
  }

  watch({ reading, writing }: { readonly reading: boolean; readonly writing: boolean }): void {
    this.isReading = reading;
    this.isWriting = writing;
  }

  unsent(): number {
    return 0;
  }

  shutdown(): void {
    this.isFinished = true;
  }

  close(): void {
    this.isClosed = true;
  }
}
