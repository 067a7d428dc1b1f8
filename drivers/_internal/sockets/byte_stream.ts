/** What calls of a {@linkcode ByteStream} return when it has ended, instead of a number of bytes. */
export const ENDED = -1;

/** Called by a {@linkcode ByteStream}. */
export interface StreamEvents {
  /** There are bytes to read, or the stream has ended. */
  readonly onReadable: () => void;
  /** There is room to send again; called only while writing is watched. */
  readonly onWritable: () => void;
}

/** A connection of bytes. No call waits. */
export interface ByteStream {
  /** The other end: an address and a port, or the path of a local socket. */
  readonly peer: string;
  /** Why it has ended, once a call has said so. */
  readonly endReason: string;
  /** Begins to call the handlers. Call it once. */
  start(events: StreamEvents): void;
  /** Returns the number of bytes read, 0 when none have arrived, or {@linkcode ENDED}. */
  receive(into: Uint8Array<ArrayBuffer>): number;
  /** Returns the number of bytes taken, 0 when there is no room, or {@linkcode ENDED}. */
  send(bytes: Uint8Array<ArrayBuffer>): number;
  /** Chooses what to watch: at first reading only. */
  watch(what: { readonly reading: boolean; readonly writing: boolean }): void;
  /** Bytes that the other end has not acknowledged; over a local socket, not read. */
  unsent(): number;
  /** Ends one direction: incoming, or outgoing after all bytes that were taken. */
  shutdown(direction: "incoming" | "outgoing"): void;
  close(): void;
}
