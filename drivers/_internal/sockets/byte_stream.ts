/** The result of a {@linkcode ByteStream} call, instead of a number of bytes, when it has ended. */
export const ENDED = -1;

/** Callbacks of a {@linkcode ByteStream}. */
export interface StreamEvents {
  /** There are bytes to read, or the stream has ended. */
  readonly onReadable: () => void;
  /** There is room to send again. Called only while writing is watched. */
  readonly onWritable: () => void;
}

/** Why the peer of a secured connection is not accepted. */
export interface StreamFault {
  /** The label of its counter. */
  readonly kind: string;
  readonly reason: string;
}

/** A connection that carries bytes. No call blocks. */
export interface ByteStream {
  /** The other end: its address and port, or the path of a local socket. */
  readonly peer: string;
  /** Why the stream has ended, once a call has returned {@linkcode ENDED}. */
  readonly endReason: string;
  /**
   * Why the peer is not accepted; its owner tells it so and closes. Known when the first byte is
   * received.
   */
  readonly fault?: StreamFault | undefined;
  /**
   * For how long this end has delayed the handshake of a secured connection, in milliseconds;
   * undefined for other connections.
   */
  readonly delayedMs?: number | undefined;
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
