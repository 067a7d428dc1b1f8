/** The result of a {@linkcode ByteStream} call, instead of a number of bytes, when it has ended. */
export const ENDED = -1;

/** Callbacks of a {@linkcode ByteStream}. */
export interface StreamEvents {
  /** There are bytes to read, or the stream has ended. */
  readonly onReadable: () => void;
  /** There is room to send again. Called only while writing is watched. */
  readonly onWritable: () => void;
}

/** A connection that carries bytes. No call blocks. */
export interface ByteStream {
  /** The other end: its address and port, or the path of a local socket. */
  readonly peer: string;
  /** Why the stream has ended, once a call has returned {@linkcode ENDED}. */
  readonly endReason: string;
  /** Starts calling the handlers. Call it once. */
  start(events: StreamEvents): void;
  /** Returns the number of bytes read, 0 when none have arrived, or {@linkcode ENDED}. */
  receive(into: Uint8Array<ArrayBuffer>): number;
  /** Returns the number of bytes taken, 0 when there is no room, or {@linkcode ENDED}. */
  send(bytes: Uint8Array<ArrayBuffer>): number;
  /** Sets what to watch. At first, the stream watches only reading. */
  watch(what: { readonly reading: boolean; readonly writing: boolean }): void;
  /** Number of bytes that the other end has not acknowledged or, over a local socket, not read. */
  unsent(): number;
  /** Ends one direction: incoming, or outgoing after all bytes that `send` has taken. */
  shutdown(direction: "incoming" | "outgoing"): void;
  close(): void;
}
